// Root-mean-square normalisation: weight * x / sqrt(mean(x^2) + eps) over the last dimension,
// float32 inside.
#pragma once

#include <ATen/core/Tensor.h>

namespace retrace::kernels {

// x [..., D], weight [D]. Differentiable.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight_D, double eps);

}  // namespace retrace::kernels
