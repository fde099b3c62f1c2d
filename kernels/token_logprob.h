// Log-probability of given tokens without a (tokens x vocabulary) tensor: logits are made chunk by
// chunk, and made again in the backward pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace retrace::kernels {

struct TokenLogprob {
  at::Tensor
      logprob_T;  // [T] float32, differentiable: log softmax(hidden W^T / temperature)[label]
  at::Tensor entropy_T;  // [T] float32, no gradient: entropy of that distribution, in nats
};

// hidden [T, D], weight [V, D], labels [T] int64 in [0, V). `chunk_rows` bounds memory: two
// buffers of chunk_rows x V.
TokenLogprob token_logprob(const at::Tensor& hidden_TD, const at::Tensor& weight_VD,
                           const at::Tensor& labels_T, double temperature = 1.0,
                           int64_t chunk_rows = 1024);

}  // namespace retrace::kernels
