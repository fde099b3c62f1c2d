#include <ATen/ATen.h>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/packed_attention.h"

// T rows, N heads, H head dim, S blocks of equal length L.

namespace retrace::kernels {
namespace {

// [S * L, N, H] -> [S, N, L, H]
at::Tensor as_blocks(const at::Tensor& x_TNH, int64_t first_row, int64_t num_blocks,
                     int64_t length) {
  return x_TNH.narrow(0, first_row, num_blocks * length)
      .unflatten(0, {num_blocks, length})
      .transpose(1, 2);
}

void check_boundaries(const std::vector<int64_t>& boundaries, int64_t num_rows) {
  RETRACE_CHECK(boundaries.size() >= 2 && boundaries.front() == 0 && boundaries.back() == num_rows,
                "block_attention: boundaries must run from 0 to {} rows, are {} values", num_rows,
                boundaries.size());
  for (size_t index = 1; index < boundaries.size(); ++index) {
    RETRACE_CHECK(boundaries[index] > boundaries[index - 1],
                  "block_attention: boundary {} is {}, expected above {}", index, boundaries[index],
                  boundaries[index - 1]);
  }
}

}  // namespace

// Neighbouring blocks of equal length (the frame pairs of one video) run as one batch.
at::Tensor block_attention(const at::Tensor& q_TNH, const at::Tensor& k_TNH,
                           const at::Tensor& v_TNH, const std::vector<int64_t>& boundaries) {
  RETRACE_CHECK(q_TNH.dim() == 3, "block_attention: q must be [T, N, H], has {} dimensions",
                q_TNH.dim());
  core::check_shape(k_TNH, {q_TNH.size(0), q_TNH.size(1), q_TNH.size(2)}, "block_attention: k");
  core::check_shape(v_TNH, {q_TNH.size(0), q_TNH.size(1), q_TNH.size(2)}, "block_attention: v");
  check_boundaries(boundaries, q_TNH.size(0));
  std::vector<at::Tensor> outputs;
  for (size_t first = 0; first + 1 < boundaries.size();) {
    const int64_t length = boundaries[first + 1] - boundaries[first];
    size_t last = first + 1;
    while (last + 1 < boundaries.size() && boundaries[last + 1] - boundaries[last] == length) {
      ++last;
    }
    const int64_t num_blocks = static_cast<int64_t>(last - first);
    const at::Tensor out_SNLH =
        at::scaled_dot_product_attention(as_blocks(q_TNH, boundaries[first], num_blocks, length),
                                         as_blocks(k_TNH, boundaries[first], num_blocks, length),
                                         as_blocks(v_TNH, boundaries[first], num_blocks, length));
    outputs.push_back(out_SNLH.transpose(1, 2).flatten(0, 1));
    first = last;
  }
  return outputs.size() == 1 ? outputs[0] : at::cat(outputs, 0);
}

}  // namespace retrace::kernels
