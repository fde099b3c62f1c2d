#include "model/parameter_specs.h"

#include <fmt/format.h>

namespace retrace::model {

namespace {

using Shape = std::vector<int64_t>;

constexpr std::string_view kVision = "visual.", kNestedVision = "model.visual.";
constexpr std::string_view kLanguage = "model.", kNestedLanguage = "model.language_model.";

// Collects specs in order.
class SpecList {
 public:
  // `has_vision`: of the model.
  SpecList(bool is_vision, bool has_vision) : is_vision_(is_vision), has_vision_(has_vision) {}

  void add(const std::string& name, Shape shape) {
    const bool decays = shape.size() >= 2;
    specs_.push_back({.name = name,
                      .shape = std::move(shape),
                      .is_vision = is_vision_,
                      .decays = decays,
                      .nested_name = nested_name(has_vision_, name)});
  }
  void add_linear(const std::string& name, int64_t out, int64_t in, bool bias) {
    add(name + ".weight", {out, in});
    specs_.back().is_linear = true;
    if (bias) add(name + ".bias", {out});
  }
  void add_norm(const std::string& name, int64_t size, bool bias) {
    add(name + ".weight", {size});
    if (bias) add(name + ".bias", {size});
  }
  std::vector<ParameterSpec> take() { return std::move(specs_); }

 private:
  bool is_vision_, has_vision_;
  std::vector<ParameterSpec> specs_;
};

void add_block(const VisionConfig& vision, const std::string& prefix, SpecList& list) {
  const VisionNames names = vision_names(vision.mlp);
  const int64_t width = vision.embed_dim;
  const bool norm_bias = vision.norm == VisionNorm::kLayerNorm;
  list.add_norm(prefix + "norm1", width, norm_bias);
  list.add_norm(prefix + "norm2", width, norm_bias);
  list.add_linear(prefix + "attn.qkv", 3 * width, width, /*bias=*/true);
  list.add_linear(prefix + "attn.proj", width, width, /*bias=*/true);
  if (!names.mlp_gate.empty()) {
    list.add_linear(fmt::format("{}{}", prefix, names.mlp_gate), vision.mlp_dim, width, true);
  }
  list.add_linear(fmt::format("{}{}", prefix, names.mlp_in), vision.mlp_dim, width, true);
  list.add_linear(fmt::format("{}{}", prefix, names.mlp_out), width, vision.mlp_dim, true);
}

// Deepstack mergers normalise after the patches of a token are put together, the last one before.
void add_merger(const ModelConfig& config, const std::string& prefix, int64_t norm_width,
                SpecList& list) {
  const VisionConfig& vision = config.vision;
  const VisionNames names = vision_names(vision.mlp);
  const int64_t merged = vision.merged_width();
  list.add_norm(fmt::format("{}{}", prefix, names.merger_norm), norm_width,
                vision.norm == VisionNorm::kLayerNorm);
  list.add_linear(fmt::format("{}{}", prefix, names.merger_in), merged, merged, true);
  list.add_linear(fmt::format("{}{}", prefix, names.merger_out), config.hidden_size, merged, true);
}

std::vector<ParameterSpec> vision_specs(const ModelConfig& config) {
  const VisionConfig& vision = config.vision;
  const int64_t width = vision.embed_dim;
  SpecList list(/*is_vision=*/true, config.has_vision());
  list.add("visual.patch_embed.proj.weight", {width, vision.in_channels, vision.temporal_patch_size,
                                              vision.patch_size, vision.patch_size});
  if (vision.patch_bias) list.add("visual.patch_embed.proj.bias", {width});
  if (vision.num_positions > 0) list.add("visual.pos_embed.weight", {vision.num_positions, width});
  for (int64_t block = 0; block < vision.depth; ++block) {
    add_block(vision, fmt::format("visual.blocks.{}.", block), list);
  }
  add_merger(config, "visual.merger.", width, list);
  for (size_t feature = 0; feature < vision.deepstack_blocks.size(); ++feature) {
    add_merger(config, fmt::format("visual.deepstack_merger_list.{}.", feature),
               vision.merged_width(), list);
  }
  return list.take();
}

void add_attention(const ModelConfig& config, const std::string& prefix, SpecList& list) {
  const int64_t width = config.hidden_size;
  const int64_t query_width = config.num_heads * config.head_dim();
  const int64_t kv_width = config.num_kv_heads * config.head_dim();
  list.add_linear(prefix + "q_proj", query_width, width, config.qkv_bias);
  list.add_linear(prefix + "k_proj", kv_width, width, config.qkv_bias);
  list.add_linear(prefix + "v_proj", kv_width, width, config.qkv_bias);
  list.add_linear(prefix + "o_proj", width, query_width, /*bias=*/false);
  if (!config.qk_norm) return;
  list.add_norm(prefix + "q_norm", config.head_dim(), /*bias=*/false);
  list.add_norm(prefix + "k_norm", config.head_dim(), /*bias=*/false);
}

std::vector<ParameterSpec> language_specs(const ModelConfig& config) {
  const int64_t width = config.hidden_size;
  SpecList list(/*is_vision=*/false, config.has_vision());
  list.add("model.embed_tokens.weight", {config.vocab_size, width});
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string prefix = fmt::format("model.layers.{}.", layer);
    add_attention(config, prefix + "self_attn.", list);
    list.add_linear(prefix + "mlp.gate_proj", config.intermediate_size, width, /*bias=*/false);
    list.add_linear(prefix + "mlp.up_proj", config.intermediate_size, width, /*bias=*/false);
    list.add_linear(prefix + "mlp.down_proj", width, config.intermediate_size, /*bias=*/false);
    list.add_norm(prefix + "input_layernorm", width, /*bias=*/false);
    list.add_norm(prefix + "post_attention_layernorm", width, /*bias=*/false);
  }
  list.add_norm("model.norm", width, /*bias=*/false);
  if (!config.tie_word_embeddings) list.add("lm_head.weight", {config.vocab_size, width});
  return list.take();
}

}  // namespace

std::vector<ParameterSpec> parameter_specs(const ModelConfig& config) {
  std::vector<ParameterSpec> specs;
  if (config.has_vision()) specs = vision_specs(config);
  for (ParameterSpec& spec : language_specs(config)) specs.push_back(std::move(spec));
  return specs;
}

VisionNames vision_names(VisionMlp mlp) {
  switch (mlp) {
    case VisionMlp::kQuickGelu:
      return {"mlp.fc1", "", "mlp.fc2", "ln_q", "mlp.0", "mlp.2"};
    case VisionMlp::kSwiGlu:
      return {"mlp.up_proj", "mlp.gate_proj", "mlp.down_proj", "ln_q", "mlp.0", "mlp.2"};
    case VisionMlp::kGeluTanh:
      return {"mlp.linear_fc1", "", "mlp.linear_fc2", "norm", "linear_fc1", "linear_fc2"};
  }
  return {};
}

std::string nested_name(bool has_vision, std::string_view name) {
  if (!has_vision) return std::string(name);
  if (name.starts_with(kVision)) {
    return fmt::format("{}{}", kNestedVision, name.substr(kVision.size()));
  }
  if (name.starts_with(kLanguage)) {
    return fmt::format("{}{}", kNestedLanguage, name.substr(kLanguage.size()));
  }
  return std::string(name);
}

std::string checkpoint_name(ModelFamily family, std::string_view name) {
  return nested_name(family == ModelFamily::kQwen3Vl, name);
}

std::string parameter_name(std::string_view stored_name) {
  if (stored_name.starts_with(kNestedVision)) {
    return fmt::format("{}{}", kVision, stored_name.substr(kNestedVision.size()));
  }
  if (stored_name.starts_with(kNestedLanguage)) {
    return fmt::format("{}{}", kLanguage, stored_name.substr(kNestedLanguage.size()));
  }
  return std::string(stored_name);
}

}  // namespace retrace::model
