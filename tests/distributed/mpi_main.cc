// main of distributed_mpi_test: `mpirun -n N distributed_mpi_test --ranks N`.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "distributed/mpi_communicator.h"

int main(int argc, char** argv) {
  at::set_num_threads(1);
  retrace::distributed::MpiSession session(&argc, &argv);
  const int rank = retrace::distributed::MpiSession::world_rank();
  // The other ranks speak only when something fails.
  if (rank != 0) GTEST_FLAG_SET(brief, true);
  ::testing::InitGoogleTest(&argc, argv);
  const int size = retrace::distributed::MpiSession::world_size();
  const bool has_ranks = argc == 3 && std::string_view(argv[1]) == "--ranks";
  if (!has_ranks || std::atoi(argv[2]) != size) {
    std::fprintf(stderr, "rank %d: expected --ranks %d; a test of one rank proves nothing\n", rank,
                 size);
    return 1;
  }
  return RUN_ALL_TESTS();
}
