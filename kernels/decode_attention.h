// Attention of one new token per sequence against its group's shared prefix and its own suffix: the
// decode step. No gradient. Each row is computed alone, in an order that does not depend on the
// other rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace retrace::kernels {

// Keys and values of one sequence in one layer. `prefix` is shared by a group, `suffix` is its own.
struct DecodeRow {
  const float* prefix_keys = nullptr;  // [prefix_length, M, H], contiguous
  const float* prefix_values = nullptr;
  int64_t prefix_length = 0;
  const float* suffix_keys =
      nullptr;  // [suffix_length, M, H], contiguous, the new token's row included
  const float* suffix_values = nullptr;
  int64_t suffix_length = 0;
};

// q [B, N, H] float32 contiguous; `num_kv_heads` M divides N. Returns [B, N, H].
at::Tensor decode_attention(const at::Tensor& q_BNH, const std::vector<DecodeRow>& rows,
                            int64_t num_kv_heads);

}  // namespace retrace::kernels
