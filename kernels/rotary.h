// Rotary position embedding with several position axes (M-RoPE), and the vision tower's 2-D form.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace retrace::kernels {

struct RotaryTable {
  at::Tensor cos_TH;  // [T, H] float32
  at::Tensor sin_TH;  // [T, H] float32
};

// positions [3, T] int64 (time, height, width); `sections` sums to head_dim / 2: section i of the
// half dimension uses axis i % 3 and inverse frequencies 1 / theta^(2 i / head_dim) of its own
// place; both halves alike (rotate_half).
RotaryTable mrope_table(const at::Tensor& positions_3T, int64_t head_dim, double theta,
                        const std::vector<int64_t>& sections);

// Vision tower: rows (h, w) int64 [T, 2]; angles are [h * inv | w * inv], inv[i] = 1 / 10000^(2 i /
// (head_dim / 2)).
RotaryTable vision_rotary_table(const at::Tensor& rows_T2, int64_t head_dim);

// x [T, N, H] -> x * cos + rotate_half(x) * sin, rotate_half(x) = [-x2 | x1]. Differentiable.
at::Tensor apply_rotary(const at::Tensor& x_TNH, const RotaryTable& table);

}  // namespace retrace::kernels
