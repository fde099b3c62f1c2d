// A communicator of any size in one process, which plays every rank as if all held the same data: a
// sum multiplies by size(), so code that forgets to reduce, or reduces twice, is visible. Size 1 is
// the single-process communicator.
#pragma once

#include "distributed/communicator.h"

namespace retrace::distributed {

class FakeCommunicator : public Communicator {
 public:
  explicit FakeCommunicator(int size = 1, int rank = 0);
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void all_reduce_sum(at::Tensor& tensor, std::string_view tag) override;
  void broadcast(at::Tensor& tensor, int root, std::string_view tag) override;
  std::vector<std::string> all_gather(const std::string& text, std::string_view tag) override;
  void barrier(std::string_view tag) override;

 private:
  int rank_, size_;
};

}  // namespace retrace::distributed
