// Dropout whose mask is a function of what a row is, not of where it lies in a batch.
//
//   y[r, i] = x[r, i] / (1 - p) if u[r, i] >= p, else 0
//   u[r, i] = word i mod 4 of Philox4x32-10(counter = {i / 4, place, 1}, key = keys[r]) / 2^32
//
// Packing, micro-batches and the number of ranks change none of row key, place and column, so they
// leave the mask alone. The backward pass draws the mask again and keeps nothing of [R, I].
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace retrace::kernels {

// x [R, I] float32, keys [R] int64 (any bits), `place` names the layer that asks, p in [0, 1)
// -> [R, I]. Differentiable in x.
at::Tensor row_dropout(const at::Tensor& x_RI, const at::Tensor& keys_R, uint64_t place, double p);

}  // namespace retrace::kernels
