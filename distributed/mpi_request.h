// Non-blocking MPI operations, waited for with a deadline. Internal to distributed/.
#pragma once

#include <mpi.h>

#include <memory>
#include <string>
#include <string_view>

namespace retrace::distributed {

// Which call of which rank: the start of every error message.
struct CallSite {
  std::string_view operation;  // "all_reduce_sum"
  std::string_view tag;        // "gradient"
  int rank = 0;
  int size = 1;
};

// Throws DistributedError with MPI's own text unless `code` is MPI_SUCCESS.
void check_mpi(int code, const CallSite& site);

// Waits until the request is complete. Past the deadline it throws DistributedError and abandons
// the request: MPI can not cancel a collective and may still write to its buffers, so `keep_alive`
// (their owner) is then kept for the rest of the process.
void wait_for(MPI_Request request, double deadline_seconds, const CallSite& site,
              std::shared_ptr<void> keep_alive);

}  // namespace retrace::distributed
