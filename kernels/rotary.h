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

// Which of the axes time (0), height (1), width (2) each place of the half dimension follows;
// `sections` sums to the half dimension. Sectioned (Qwen2-VL, Qwen2.5-VL): section i, in order,
// follows axis i % 3. Interleaved (Qwen3-VL, three sections): of the places p below 3 *
// sections[axis], those with p % 3 == axis follow height and width; all others follow time.
std::vector<int64_t> sectioned_axes(const std::vector<int64_t>& sections);
std::vector<int64_t> interleaved_axes(const std::vector<int64_t>& sections);

// positions [3, T] int64 (time, height, width); place p of the half dimension K uses the position
// on axes[p] and the inverse frequency 1 / theta^(p / K); both halves alike (rotate_half).
RotaryTable mrope_table(const at::Tensor& positions_3T, double theta,
                        const std::vector<int64_t>& axes);

// Vision tower: rows (h, w) int64 [T, 2]; angles are [h * inv | w * inv], inv[i] = 1 / 10000^(2 i /
// (head_dim / 2)).
RotaryTable vision_rotary_table(const at::Tensor& rows_T2, int64_t head_dim);

// x [T, N, H] -> x * cos + rotate_half(x) * sin, rotate_half(x) = [-x2 | x1]. Differentiable.
at::Tensor apply_rotary(const at::Tensor& x_TNH, const RotaryTable& table);

}  // namespace retrace::kernels
