#include "tests/rl/tiny_model.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <fstream>
#include <utility>

#include "model/weights.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigJson = R"({
  "architectures": ["Qwen2VLForConditionalGeneration"], "model_type": "qwen2_vl",
  "bos_token_id": 467, "eos_token_id": 469, "pad_token_id": 467,
  "vision_start_token_id": 470, "vision_end_token_id": 471,
  "image_token_id": 473, "video_token_id": 474,
  "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
  "num_attention_heads": 4, "num_key_value_heads": 2, "hidden_act": "silu",
  "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
  "rope_scaling": {"type": "mrope", "mrope_section": [2, 1, 1]},
  "tie_word_embeddings": true, "vocab_size": 480,
  "vision_config": {"depth": 1, "embed_dim": 16, "num_heads": 2, "mlp_ratio": 2,
    "hidden_act": "quick_gelu", "hidden_size": 32, "in_channels": 3, "patch_size": 14,
    "spatial_merge_size": 2, "temporal_patch_size": 2}
}
)";

fs::path tokenizer_file() {
  return fs::path(RETRACE_SOURCE_DIR) / "assets/tiny/tokenizer.json";
}

}  // namespace

void write_tiny_model_folder(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "config.json") << kConfigJson;
  fs::copy_file(tokenizer_file(), folder / "tokenizer.json", fs::copy_options::overwrite_existing);
}

model::ModelConfig tiny_config() {
  static const model::ModelConfig config = [] {
    const TemporaryFolder folder;
    folder.write("config.json", kConfigJson);
    return model::read_model_config(folder.path());
  }();
  return config;
}

const model::Tokenizer& tiny_tokenizer() {
  static const model::Tokenizer tokenizer = model::Tokenizer::from_file(tokenizer_file());
  return tokenizer;
}

at::Tensor random_normal(std::vector<int64_t> shape, uint64_t seed) {
  return at::randn(shape, at::detail::createCPUGenerator(seed), at::TensorOptions(at::kFloat));
}

model::QwenVl tiny_model(uint64_t seed) {
  const at::NoGradGuard no_grad;
  constexpr double kSpread = 0.15;
  model::Weights weights(tiny_config());
  model::initialise_randomly(weights, seed);
  weights.flat().detach().add_(random_normal({weights.num_parameters()}, seed), kSpread);
  return model::QwenVl(tiny_config(), std::move(weights));
}

model::VisionPatches random_patches(uint64_t seed) {
  const model::GridThw grid{1, 4, 4};
  return {random_normal({grid.num_patches(), tiny_config().vision.patch_values()}, seed), {grid}};
}

model::PromptTokens tiny_prompt(const std::string& text, const model::VisionPatches* patches) {
  using Kind = model::ChatPart::Kind;
  std::vector<model::VisionItem> items;
  model::ChatMessage message;
  if (patches != nullptr) {
    for (const model::GridThw& grid : patches->grids) {
      items.push_back({model::VisionKind::kVideo, grid, 1.0, {}});
      message.parts.push_back({Kind::kVideo, ""});
    }
  }
  message.parts.push_back({Kind::kText, text});
  return model::tokenize_prompt(tiny_tokenizer(), tiny_config(),
                                model::family_chat_template(tiny_config().family), {{message}},
                                items);
}

}  // namespace retrace::test
