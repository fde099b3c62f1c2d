// main() for tests of tensor code, on one thread: the tensors are small, and worker threads that
// spin while they wait make the tests many times slower on a busy machine.
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  at::set_num_threads(1);
  return RUN_ALL_TESTS();
}
