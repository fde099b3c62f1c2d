// Collectives over the ranks of a run. An interface that is passed in, never fetched from a global.
//
// Every call is collective: all ranks make the same calls in the same order with the same shapes.
// Every call has a deadline; past it, or when a rank has failed, it throws DistributedError naming
// the operation, the tag and the time waited. `tag` is a word for such messages ("gradient").
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>
#include <vector>

namespace retrace::distributed {

class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // In place, contiguous CPU tensors of float32, float64 or int64. The sum is the same on every
  // rank, bit for bit.
  virtual void all_reduce_sum(at::Tensor& tensor, std::string_view tag) = 0;
  virtual void broadcast(at::Tensor& tensor, int root, std::string_view tag) = 0;
  // The texts of all ranks, by rank, on every rank.
  virtual std::vector<std::string> all_gather(const std::string& text, std::string_view tag) = 0;
  virtual void barrier(std::string_view tag) = 0;
};

}  // namespace retrace::distributed
