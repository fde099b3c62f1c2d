// SIGINT and SIGTERM set a flag that long loops look at between steps; a second signal ends the
// process at once.
#pragma once

namespace retrace::core {

void install_interrupt_handlers();
// 0, or the signal number received.
int interrupt_signal();

}  // namespace retrace::core
