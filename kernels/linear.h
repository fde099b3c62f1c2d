// The dense layer, differentiable: x W^T + b.
//
// float32 runs on oneDNN, whose kernels use the widest vectors of any vendor's processor; the BLAS
// inside LibTorch takes its AVX2 path on AMD (one Zen 5 core, 4000 x 192 x 576: 95 against 220
// GFLOP/s). Other dtypes use ATen. oneDNN compiles a kernel for each new shape (0.5 to 4 ms) and
// keeps it: callers round row counts up where they vary a lot (rl/packed_batch.h).
#pragma once

#include <ATen/core/Tensor.h>

namespace retrace::kernels {

// x [R, I], weight [O, I], bias [O] or undefined -> [R, O].
at::Tensor linear(const at::Tensor& x_RI, const at::Tensor& weight_OI,
                  const at::Tensor& bias_O = {});

// a [R, I], b [C, I] -> a b^T [R, C]; no gradient. Either may be a transposed view.
at::Tensor matmul_transposed(const at::Tensor& a_RI, const at::Tensor& b_CI,
                             const at::Tensor& bias_C = {});

}  // namespace retrace::kernels
