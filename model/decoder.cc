#include "model/decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "core/shape.h"

// T packed tokens, D model, N query heads, M key heads, H head dim.

namespace retrace::model {

Decoder::Decoder(const ModelConfig& config, const ParameterIndex& index)
    : hidden_size_(config.hidden_size),
      num_heads_(config.num_heads),
      num_kv_heads_(config.num_kv_heads),
      head_dim_(config.head_dim()),
      rope_theta_(config.rope_theta),
      mrope_section_(config.mrope_section),
      final_norm_(index, "model.norm", config.rms_norm_eps) {
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string name = fmt::format("model.layers.{}.", layer);
    const double eps = config.rms_norm_eps;
    layers_.push_back({.input_norm = {index, name + "input_layernorm", eps},
                       .post_attention_norm = {index, name + "post_attention_layernorm", eps},
                       .q_proj = {index, name + "self_attn.q_proj", true},
                       .k_proj = {index, name + "self_attn.k_proj", true},
                       .v_proj = {index, name + "self_attn.v_proj", true},
                       .o_proj = {index, name + "self_attn.o_proj", false},
                       .gate_proj = {index, name + "mlp.gate_proj", false},
                       .up_proj = {index, name + "mlp.up_proj", false},
                       .down_proj = {index, name + "mlp.down_proj", false}});
  }
}

at::Tensor Decoder::attend(const Weights& weights, int64_t layer_index, const at::Tensor& x_TD,
                           const kernels::RotaryTable& rotary, AttentionContext& attention) const {
  const Layer& layer = layers_[layer_index];
  const int64_t num_tokens = x_TD.size(0);
  const at::Tensor normed_TD = layer.input_norm(weights, x_TD);
  const at::Tensor q_TNH =
      layer.q_proj(weights, normed_TD).view({num_tokens, num_heads_, head_dim_});
  const at::Tensor k_TMH =
      layer.k_proj(weights, normed_TD).view({num_tokens, num_kv_heads_, head_dim_});
  const at::Tensor v_TMH =
      layer.v_proj(weights, normed_TD).view({num_tokens, num_kv_heads_, head_dim_});
  const at::Tensor out_TNH = attention.attend(layer_index, kernels::apply_rotary(q_TNH, rotary),
                                              kernels::apply_rotary(k_TMH, rotary), v_TMH);
  return layer.o_proj(weights, out_TNH.reshape({num_tokens, num_heads_ * head_dim_}));
}

at::Tensor Decoder::feed_forward(const Weights& weights, const Layer& layer,
                                 const at::Tensor& x_TD) const {
  const at::Tensor normed_TD = layer.post_attention_norm(weights, x_TD);
  const at::Tensor gate = at::silu(layer.gate_proj(weights, normed_TD));
  return layer.down_proj(weights, gate * layer.up_proj(weights, normed_TD));
}

at::Tensor Decoder::forward(const Weights& weights, const at::Tensor& embeddings_TD,
                            const at::Tensor& positions_3T, AttentionContext& attention) const {
  core::check_shape(embeddings_TD, {core::kAnySize, hidden_size_}, "decoder: embeddings");
  core::check_dtype(embeddings_TD, at::kFloat, "decoder: embeddings");
  core::check_shape(positions_3T, {3, embeddings_TD.size(0)}, "decoder: positions");
  const kernels::RotaryTable rotary =
      kernels::mrope_table(positions_3T, head_dim_, rope_theta_, mrope_section_);
  at::Tensor x_TD = embeddings_TD;
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    x_TD = x_TD + attend(weights, static_cast<int64_t>(layer), x_TD, rotary, attention);
    x_TD = x_TD + feed_forward(weights, layers_[layer], x_TD);
  }
  return final_norm_(weights, x_TD);
}

}  // namespace retrace::model
