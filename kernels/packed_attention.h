// Attention over a packed batch, differentiable. Reference: softmax(q k^T * scale) v in float32
// accumulation with the mask that the plan describes; the prefix part and the own part are merged
// by log-sum-exp
//   lse = log(e^lse_a + e^lse_b),  out = e^(lse_a - lse) out_a + e^(lse_b - lse) out_b,
// and the backward pass of each part runs with the merged out and lse (as ring attention does).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/attention_plan.h"
#include "kernels/packed_layout.h"

namespace retrace::kernels {

// q [T, N, H], k and v [T, M, H] with N a multiple of M (grouped queries; query head n uses key
// head n / (N / M)); float32 or float64. Returns [T, N, H]. scale = 1 / sqrt(H).
at::Tensor packed_attention(const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                            const at::Tensor& v_TMH, const AttentionPlan& plan);

// The same with a layout made once (make_packed_layout) for all layers.
at::Tensor packed_attention(const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                            const at::Tensor& v_TMH,
                            const std::shared_ptr<const PackedLayout>& layout);

// Non-causal attention inside each of the row ranges given by `boundaries` (0 = first, T = last):
// the vision tower. q, k, v [T, N, H]. Differentiable.
at::Tensor block_attention(const at::Tensor& q_TNH, const at::Tensor& k_TNH,
                           const at::Tensor& v_TNH, const std::vector<int64_t>& boundaries);

}  // namespace retrace::kernels
