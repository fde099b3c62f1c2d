// Ranks as threads of one process, with different data on each: what FakeCommunicator cannot play.
#pragma once

#include <functional>

#include "distributed/communicator.h"

namespace retrace::test {

// Calls `work` once a rank, all at the same time, each with its own communicator over `num_ranks`
// ranks. An exception of a rank is a failure of the test; the others must not wait for it, so
// `work` catches what it expects.
void run_ranks(int num_ranks, const std::function<void(distributed::Communicator&)>& work);

}  // namespace retrace::test
