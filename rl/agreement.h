// Errors of work that holds no collective call (start-up, reading a step's prompts and videos) are
// known on every rank: nobody waits for a rank that has left.
#pragma once

#include <functional>
#include <string_view>

#include "core/error.h"
#include "distributed/communicator.h"

namespace retrace::rl {

// An error that every rank throws alike, so every rank can leave in order.
struct AgreedError : core::Error {
  using core::Error::Error;
};

// The signal that any rank received, on every rank; 0: none. A collective call.
int signal_on_any_rank(distributed::Communicator& communicator);

// Whether `value` is true on any rank, on every rank: a collective call.
bool is_on_any_rank(distributed::Communicator& communicator, bool value, std::string_view what);

// Runs `work` on this rank, then compares notes (a collective call). If it threw on any rank, every
// rank throws an AgreedError with the message and exit code of the lowest such rank.
void run_on_all_ranks(distributed::Communicator& communicator, const std::function<void()>& work);

}  // namespace retrace::rl
