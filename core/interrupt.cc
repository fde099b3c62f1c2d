#include "core/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace retrace::core {
namespace {

constexpr int kExitCodeBase = 128;  // the shell's convention: 130 for SIGINT, 143 for SIGTERM

std::atomic<int> received_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "the handler may only touch lock-free state");

extern "C" void handle_signal(int signal_number) {
  if (received_signal.exchange(signal_number) != 0) ::_exit(kExitCodeBase + signal_number);
}

}  // namespace

void install_interrupt_handlers() {
  struct sigaction action = {};
  action.sa_handler = handle_signal;
  // System calls go on: the loops that look at the flag decide where to stop.
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupt_signal() {
  return received_signal.load();
}

}  // namespace retrace::core
