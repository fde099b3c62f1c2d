// The language model of every family without embedding and head: pre-norm blocks of grouped-query
// attention with M-RoPE and SwiGLU, and the final norm.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "kernels/rotary.h"
#include "model/attention_context.h"
#include "model/layers.h"
#include "model/model_config.h"
#include "model/weights.h"

namespace retrace::model {

// What the decoder starts from.
struct DecoderInput {
  at::Tensor embeddings_TD;  // [T, D] float32
  // Deepstack (Qwen3-VL): features [R, D] added to the tokens `vision_tokens_R` after decoder
  // layers 0, 1, ...; none when decoding.
  at::Tensor vision_tokens_R = {};  // [R] int64
  std::vector<at::Tensor> deepstack_RD = {};
};

class Decoder {
 public:
  Decoder(const ModelConfig& config, const ParameterIndex& index);

  // positions [3, T] int64 -> hidden [T, D], final norm applied.
  at::Tensor forward(const Weights& weights, const DecoderInput& input,
                     const at::Tensor& positions_3T, AttentionContext& attention) const;

 private:
  struct Layer {
    RmsNorm input_norm, post_attention_norm;
    Linear q_proj, k_proj, v_proj, o_proj;
    std::optional<RmsNorm> q_norm, k_norm;  // over each head
    Linear gate_proj, up_proj, down_proj;
  };

  static Layer make_layer(const ModelConfig& config, const ParameterIndex& index, int64_t layer);
  void check_inputs(const DecoderInput& input, const at::Tensor& positions_3T) const;
  at::Tensor attend(const Weights& weights, int64_t layer_index, const at::Tensor& x_TD,
                    const kernels::RotaryTable& rotary, AttentionContext& attention) const;
  at::Tensor feed_forward(const Weights& weights, const Layer& layer, const at::Tensor& x_TD) const;

  int64_t hidden_size_ = 0, num_heads_ = 0, num_kv_heads_ = 0, head_dim_ = 0;
  double rope_theta_ = 0;
  std::vector<int64_t> mrope_axes_;  // axis of each place of half a head
  std::vector<Layer> layers_;
  RmsNorm final_norm_;
};

}  // namespace retrace::model
