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
      mrope_axes_(config.mrope_interleaved ? kernels::interleaved_axes(config.mrope_section)
                                           : kernels::sectioned_axes(config.mrope_section)),
      final_norm_(index, "model.norm", config.rms_norm_eps) {
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    layers_.push_back(make_layer(config, index, layer));
  }
}

Decoder::Layer Decoder::make_layer(const ModelConfig& config, const ParameterIndex& index,
                                   int64_t layer) {
  const std::string name = fmt::format("model.layers.{}.", layer);
  const double eps = config.rms_norm_eps;
  Layer made{.input_norm = {index, name + "input_layernorm", eps},
             .post_attention_norm = {index, name + "post_attention_layernorm", eps},
             .q_proj = {index, name + "self_attn.q_proj", config.qkv_bias},
             .k_proj = {index, name + "self_attn.k_proj", config.qkv_bias},
             .v_proj = {index, name + "self_attn.v_proj", config.qkv_bias},
             .o_proj = {index, name + "self_attn.o_proj", false},
             .q_norm = {},
             .k_norm = {},
             .gate_proj = {index, name + "mlp.gate_proj", false},
             .up_proj = {index, name + "mlp.up_proj", false},
             .down_proj = {index, name + "mlp.down_proj", false}};
  if (config.qk_norm) {
    made.q_norm.emplace(index, name + "self_attn.q_norm", eps);
    made.k_norm.emplace(index, name + "self_attn.k_norm", eps);
  }
  return made;
}

at::Tensor Decoder::attend(const Weights& weights, int64_t layer_index, const at::Tensor& x_TD,
                           const kernels::RotaryTable& rotary, AttentionContext& attention) const {
  const Layer& layer = layers_[layer_index];
  const int64_t num_tokens = x_TD.size(0);
  const at::Tensor normed_TD = layer.input_norm(weights, x_TD);
  at::Tensor q_TNH = layer.q_proj(weights, normed_TD).view({num_tokens, num_heads_, head_dim_});
  at::Tensor k_TMH = layer.k_proj(weights, normed_TD).view({num_tokens, num_kv_heads_, head_dim_});
  if (layer.q_norm) q_TNH = (*layer.q_norm)(weights, q_TNH);
  if (layer.k_norm) k_TMH = (*layer.k_norm)(weights, k_TMH);
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

void Decoder::check_inputs(const DecoderInput& input, const at::Tensor& positions_3T) const {
  core::check_shape(input.embeddings_TD, {core::kAnySize, hidden_size_}, "decoder: embeddings");
  core::check_dtype(input.embeddings_TD, at::kFloat, "decoder: embeddings");
  core::check_shape(positions_3T, {3, input.embeddings_TD.size(0)}, "decoder: positions");
  RETRACE_CHECK(input.deepstack_RD.size() <= layers_.size(),
                "decoder: {} deepstack features for {} layers", input.deepstack_RD.size(),
                layers_.size());
  for (const at::Tensor& feature_RD : input.deepstack_RD) {
    core::check_shape(feature_RD, {input.vision_tokens_R.size(0), hidden_size_},
                      "decoder: deepstack feature");
  }
}

at::Tensor Decoder::forward(const Weights& weights, const DecoderInput& input,
                            const at::Tensor& positions_3T, AttentionContext& attention) const {
  check_inputs(input, positions_3T);
  const kernels::RotaryTable rotary = kernels::mrope_table(positions_3T, rope_theta_, mrope_axes_);
  at::Tensor x_TD = input.embeddings_TD;
  for (size_t layer = 0; layer < layers_.size(); ++layer) {
    x_TD = x_TD + attend(weights, static_cast<int64_t>(layer), x_TD, rotary, attention);
    x_TD = x_TD + feed_forward(weights, layers_[layer], x_TD);
    if (layer < input.deepstack_RD.size()) {
      x_TD = x_TD.index_add(0, input.vision_tokens_R, input.deepstack_RD[layer]);
    }
  }
  return final_norm_(weights, x_TD);
}

}  // namespace retrace::model
