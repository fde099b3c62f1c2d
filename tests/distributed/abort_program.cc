// What every program does when a rank fails: rank 0 gives up on rank 1, which would go on for a
// minute. The test expects that mpirun ends at once with exit code 4.
#include <chrono>
#include <cstdio>
#include <thread>

#include "core/error.h"
#include "distributed/mpi_communicator.h"

int main(int argc, char** argv) {
  using namespace retrace;
  try {
    distributed::MpiSession session(&argc, &argv);
    const auto communicator = distributed::make_mpi_communicator({0.3});
    if (communicator->rank() == 1) std::this_thread::sleep_for(std::chrono::minutes(10));
    communicator->barrier("rollout");
    return 0;
  } catch (const core::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(error.exit_code()));
  }
}
