#include <ATen/Parallel.h>
#include <gtest/gtest.h>

// One thread: the tensors are tiny, and more threads only wait for each other.
int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  at::set_num_threads(1);
  return RUN_ALL_TESTS();
}
