// The language model of Qwen2-VL without embedding and head: pre-norm blocks of grouped-query
// attention with M-RoPE and SwiGLU, and the final norm.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "kernels/rotary.h"
#include "model/attention_context.h"
#include "model/layers.h"
#include "model/model_config.h"
#include "model/weights.h"

namespace retrace::model {

class Decoder {
 public:
  Decoder(const ModelConfig& config, const ParameterIndex& index);

  // embeddings [T, D], positions [3, T] int64 -> hidden [T, D], final norm applied.
  at::Tensor forward(const Weights& weights, const at::Tensor& embeddings_TD,
                     const at::Tensor& positions_3T, AttentionContext& attention) const;

 private:
  struct Layer {
    RmsNorm input_norm, post_attention_norm;
    Linear q_proj, k_proj, v_proj, o_proj;
    Linear gate_proj, up_proj, down_proj;
  };

  at::Tensor attend(const Weights& weights, int64_t layer_index, const at::Tensor& x_TD,
                    const kernels::RotaryTable& rotary, AttentionContext& attention) const;
  at::Tensor feed_forward(const Weights& weights, const Layer& layer, const at::Tensor& x_TD) const;

  int64_t hidden_size_ = 0, num_heads_ = 0, num_kv_heads_ = 0, head_dim_ = 0;
  double rope_theta_ = 0;
  std::vector<int64_t> mrope_section_;
  std::vector<Layer> layers_;
  RmsNorm final_norm_;
};

}  // namespace retrace::model
