#include "distributed/fake_communicator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "core/error.h"
#include "distributed/tensor_check.h"

namespace retrace::distributed {

FakeCommunicator::FakeCommunicator(int size, int rank) : rank_(rank), size_(size) {
  RETRACE_CHECK(size >= 1 && rank >= 0 && rank < size, "rank {} of {} does not exist", rank, size);
}

void FakeCommunicator::all_reduce_sum(at::Tensor& tensor, std::string_view tag) {
  check_collective_tensor(tensor, "all_reduce_sum", tag);
  const at::NoGradGuard no_grad;
  tensor.mul_(size_);
}

void FakeCommunicator::broadcast(at::Tensor& tensor, int root, std::string_view tag) {
  check_collective_tensor(tensor, "broadcast", tag);
  RETRACE_CHECK(root >= 0 && root < size_, "broadcast '{}': root {} of {} ranks", tag, root, size_);
}

std::vector<std::string> FakeCommunicator::all_gather(const std::string& text, std::string_view) {
  return std::vector<std::string>(static_cast<size_t>(size_), text);
}

void FakeCommunicator::barrier(std::string_view) {}

}  // namespace retrace::distributed
