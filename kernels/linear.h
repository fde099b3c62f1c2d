// The dense layer, differentiable: x W^T + b.
//
// float32 runs on oneDNN where there is AVX-512, whose vectors the BLAS inside LibTorch leaves
// alone on AMD (one Zen 5 core, 4000 x 192 x 576: 95 against 220 GFLOP/s). oneDNN compiles a kernel
// for each new shape (0.5 to 4 ms) and keeps it: callers round row counts up where they vary a lot
// (rl/packed_batch.h). All else uses ATen.
//
// Note [A row's result does not depend on its place]: rollouts rely on it (Note [Decode runs full
// tiles]). oneDNN's AVX2 kernels take six rows at a time and round the rows that are left over in
// another way, so without AVX-512 the BLAS is used, which does not.
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
