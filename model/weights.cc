#include "model/weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/random.h"

namespace retrace::model {

namespace {

using Shape = std::vector<int64_t>;

// Collects specs under a name prefix.
class SpecList {
 public:
  explicit SpecList(bool is_vision) : is_vision_(is_vision) {}

  void add(const std::string& name, Shape shape) {
    const bool decays = shape.size() >= 2;
    specs_.push_back({name, std::move(shape), is_vision_, decays});
  }
  void add_linear(const std::string& name, int64_t out, int64_t in, bool bias) {
    add(name + ".weight", {out, in});
    if (bias) add(name + ".bias", {out});
  }
  void add_layer_norm(const std::string& name, int64_t size) {
    add(name + ".weight", {size});
    add(name + ".bias", {size});
  }
  std::vector<ParameterSpec> take() { return std::move(specs_); }

 private:
  bool is_vision_;
  std::vector<ParameterSpec> specs_;
};

std::vector<ParameterSpec> vision_specs(const ModelConfig& config) {
  const VisionConfig& vision = config.vision;
  const int64_t width = vision.embed_dim;
  SpecList list(/*is_vision=*/true);
  list.add("visual.patch_embed.proj.weight", {width, vision.in_channels, vision.temporal_patch_size,
                                              vision.patch_size, vision.patch_size});
  for (int64_t block = 0; block < vision.depth; ++block) {
    const std::string prefix = fmt::format("visual.blocks.{}.", block);
    list.add_layer_norm(prefix + "norm1", width);
    list.add_layer_norm(prefix + "norm2", width);
    list.add_linear(prefix + "attn.qkv", 3 * width, width, /*bias=*/true);
    list.add_linear(prefix + "attn.proj", width, width, /*bias=*/true);
    list.add_linear(prefix + "mlp.fc1", vision.mlp_dim, width, /*bias=*/true);
    list.add_linear(prefix + "mlp.fc2", width, vision.mlp_dim, /*bias=*/true);
  }
  const int64_t merged_width = width * vision.spatial_merge_size * vision.spatial_merge_size;
  list.add_layer_norm("visual.merger.ln_q", width);
  list.add_linear("visual.merger.mlp.0", merged_width, merged_width, /*bias=*/true);
  list.add_linear("visual.merger.mlp.2", config.hidden_size, merged_width, /*bias=*/true);
  return list.take();
}

std::vector<ParameterSpec> language_specs(const ModelConfig& config) {
  const int64_t width = config.hidden_size;
  const int64_t kv_width = config.num_kv_heads * config.head_dim();
  SpecList list(/*is_vision=*/false);
  list.add("model.embed_tokens.weight", {config.vocab_size, width});
  for (int64_t layer = 0; layer < config.num_layers; ++layer) {
    const std::string prefix = fmt::format("model.layers.{}.", layer);
    list.add_linear(prefix + "self_attn.q_proj", width, width, /*bias=*/true);
    list.add_linear(prefix + "self_attn.k_proj", kv_width, width, /*bias=*/true);
    list.add_linear(prefix + "self_attn.v_proj", kv_width, width, /*bias=*/true);
    list.add_linear(prefix + "self_attn.o_proj", width, width, /*bias=*/false);
    list.add_linear(prefix + "mlp.gate_proj", config.intermediate_size, width, /*bias=*/false);
    list.add_linear(prefix + "mlp.up_proj", config.intermediate_size, width, /*bias=*/false);
    list.add_linear(prefix + "mlp.down_proj", width, config.intermediate_size, /*bias=*/false);
    list.add(prefix + "input_layernorm.weight", {width});
    list.add(prefix + "post_attention_layernorm.weight", {width});
  }
  list.add("model.norm.weight", {width});
  if (!config.tie_word_embeddings) list.add("lm_head.weight", {config.vocab_size, width});
  return list.take();
}

}  // namespace

std::vector<ParameterSpec> parameter_specs(const ModelConfig& config) {
  std::vector<ParameterSpec> specs = vision_specs(config);
  for (ParameterSpec& spec : language_specs(config)) specs.push_back(std::move(spec));
  return specs;
}

Weights::Weights(const ModelConfig& config)
    : config_(std::make_shared<const ModelConfig>(config)),
      base_(std::make_shared<ParameterSet>(parameter_specs(config), "the weights")) {}

Weights Weights::with_adapters(Adapters adapters) const {
  Weights adapted = *this;
  adapted.adapters_ = std::make_shared<Adapters>(std::move(adapters));
  return adapted;
}

Weights Weights::without_adapters() const {
  Weights plain = *this;
  plain.adapters_.reset();
  return plain;
}

Weights Weights::with_dropout(at::Tensor keys_R) const {
  Weights dropping = *this;
  dropping.dropout_keys_ = std::move(keys_R);
  return dropping;
}

at::Tensor Weights::merged(size_t index) const {
  const Adapters::Entry* entry = adapters_ ? adapters_->find(index) : nullptr;
  return entry == nullptr ? at(index).detach() : at(index).detach() + adapters_->delta(*entry);
}

Weights Weights::frozen_copy() const {
  if (adapters_) {
    return adapters_->adds_nothing() ? without_adapters() : with_adapters(adapters_->frozen_copy());
  }
  Weights copy = *this;
  copy.base_ = std::make_shared<ParameterSet>(base_->frozen_copy());
  return copy;
}

void initialise_randomly(Weights& weights, uint64_t seed) {
  constexpr double kStandardDeviation = 0.02;
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const ParameterSpec& spec = weights.specs()[i];
    const at::Tensor& tensor = weights.at(i);
    if (spec.shape.size() < 2) {
      tensor.fill_(spec.name.ends_with(".bias") ? 0.0 : 1.0);
      continue;
    }
    const core::RandomStream stream(seed, spec.name);
    float* values = tensor.data_ptr<float>();
    for (int64_t element = 0; element < tensor.numel(); ++element) {
      values[element] =
          static_cast<float>(kStandardDeviation * stream.normal(static_cast<uint64_t>(element)));
    }
  }
}

}  // namespace retrace::model
