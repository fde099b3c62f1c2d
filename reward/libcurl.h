// libcurl must be started before anything else of it is called.
#pragma once

namespace retrace::reward {

// Starts libcurl unless it is. Thread-safe.
void start_libcurl();

}  // namespace retrace::reward
