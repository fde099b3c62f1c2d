// The CPU communicator: MPI with deadlines (non-blocking calls, polled).
#pragma once

#include <memory>

#include "distributed/communicator.h"

namespace retrace::distributed {

// MPI_Init and MPI_Finalize as a scope. Works without mpirun (size 1). On destruction while an
// exception is being handled it does not finalise: main() then calls abort_all().
class MpiSession {
 public:
  MpiSession(int* argc, char*** argv);
  ~MpiSession();
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
  // Ends every rank with `exit_code`; does not return.
  [[noreturn]] static void abort_all(int exit_code);
  static int world_rank();
  static int world_size();
};

struct MpiOptions {
  double deadline_seconds = 600;
};

// Over all ranks of MPI_COMM_WORLD; needs a live MpiSession. For a given number of ranks a sum is
// the same on every rank and in every run.
std::unique_ptr<Communicator> make_mpi_communicator(const MpiOptions& options);

}  // namespace retrace::distributed
