#include "model/model_config.h"

#include <fmt/format.h>

#include <numeric>

#include "core/error.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;

// Bounds far above any model of this family, so that products of sizes stay well inside int64.
constexpr int64_t kMaxWidth = 1 << 18;
constexpr int64_t kMaxVocab = 1 << 24;
constexpr int64_t kMaxLayers = 4096;

void require_string(const JsonObject& object, std::string_view key, std::string_view fallback,
                    std::string_view supported) {
  if (object.string_or(key, fallback) != supported) {
    object.fail(key, fmt::format("\"{}\", the only one supported", supported));
  }
}

void read_architecture(const JsonObject& root) {
  const std::string type = root.string("model_type");
  if (type != "qwen2_vl") {
    throw_<CheckpointError>(
        "{}: key 'model_type': expected \"qwen2_vl\" (the only architecture supported), found "
        "\"{}\"",
        root.file(), type);
  }
  if (root.has("quantization_config")) {
    root.fail("quantization_config",
              "none: quantised checkpoints are not supported, use the bfloat16 one");
  }
}

VisionConfig read_vision(const JsonObject& vision, int64_t language_width) {
  VisionConfig config;
  config.depth = vision.integer_or("depth", config.depth, 1, kMaxLayers);
  config.embed_dim = vision.integer_or("embed_dim", config.embed_dim, 4, kMaxWidth);
  config.num_heads = vision.integer_or("num_heads", config.num_heads, 1, config.embed_dim);
  const double mlp_ratio = vision.number_or("mlp_ratio", 4.0, 1.0 / 64, 64);
  config.mlp_dim = static_cast<int64_t>(static_cast<double>(config.embed_dim) * mlp_ratio);
  // transformers' class spells it in_channels, the hub's files in_chans.
  const char* channels_key = vision.has("in_channels") ? "in_channels" : "in_chans";
  config.in_channels = vision.integer_or(channels_key, config.in_channels, 1, 64);
  config.patch_size = vision.integer_or("patch_size", config.patch_size, 1, 1024);
  config.temporal_patch_size =
      vision.integer_or("temporal_patch_size", config.temporal_patch_size, 1, 64);
  config.spatial_merge_size =
      vision.integer_or("spatial_merge_size", config.spatial_merge_size, 1, 64);
  require_string(vision, "hidden_act", "quick_gelu", "quick_gelu");
  if (config.in_channels != 3) vision.fail(channels_key, "3 (RGB)");
  if (config.embed_dim % config.num_heads != 0 || config.embed_dim / config.num_heads % 4 != 0) {
    vision.fail("embed_dim", fmt::format("num_heads ({}) times a multiple of 4", config.num_heads));
  }
  if (vision.integer_or("hidden_size", language_width, 1, kMaxWidth) != language_width) {
    vision.fail("hidden_size", fmt::format("the language model's hidden_size, {}", language_width));
  }
  return config;
}

// transformers >= 5 writes rope_parameters, older ones rope_theta and rope_scaling.
void read_rope(const JsonObject& text, ModelConfig& config) {
  config.rope_theta = text.number_or("rope_theta", config.rope_theta, 1, 1e12);
  const char* key = text.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const JsonObject rope = text.object(key);
  config.rope_theta = rope.number_or("rope_theta", config.rope_theta, 1, 1e12);
  for (const char* type_key : {"type", "rope_type"}) {
    const std::string type = rope.string_or(type_key, "mrope");
    if (type != "mrope" && type != "default") rope.fail(type_key, "\"mrope\" or \"default\"");
  }
  config.mrope_section = rope.integers("mrope_section", 1, kMaxWidth);
  const int64_t sum =
      std::accumulate(config.mrope_section.begin(), config.mrope_section.end(), int64_t{0});
  if (config.mrope_section.size() != 3 || sum * 2 != config.head_dim()) {
    rope.fail("mrope_section", fmt::format("3 integers that add up to half the head size, {} / 2",
                                           config.head_dim()));
  }
}

void read_language(const JsonObject& text, ModelConfig& config) {
  config.vocab_size = text.integer("vocab_size", 1, kMaxVocab);
  config.hidden_size = text.integer("hidden_size", 1, kMaxWidth);
  config.intermediate_size = text.integer("intermediate_size", 1, kMaxWidth * 8);
  config.num_layers = text.integer("num_hidden_layers", 1, kMaxLayers);
  config.num_heads = text.integer("num_attention_heads", 1, config.hidden_size);
  config.num_kv_heads =
      text.integer_or("num_key_value_heads", config.num_heads, 1, config.num_heads);
  config.rms_norm_eps = text.number_or("rms_norm_eps", config.rms_norm_eps, 1e-30, 1);
  require_string(text, "hidden_act", "silu", "silu");
  if (text.boolean_or("use_sliding_window", false)) {
    text.fail("use_sliding_window", "false: sliding windows are not supported");
  }
  if (config.hidden_size % config.num_heads != 0 || config.head_dim() % 2 != 0) {
    text.fail("hidden_size",
              fmt::format("num_attention_heads ({}) times an even number", config.num_heads));
  }
  if (text.integer_or("head_dim", config.head_dim(), 1, kMaxWidth) != config.head_dim()) {
    text.fail("head_dim", fmt::format("hidden_size / num_attention_heads, {}", config.head_dim()));
  }
  if (config.num_heads % config.num_kv_heads != 0) {
    text.fail("num_key_value_heads",
              fmt::format("a divisor of num_attention_heads ({})", config.num_heads));
  }
  read_rope(text, config);
}

// An id at the top level, or in text_config, or `fallback`. eos_token_id may be a list; its first
// entry counts.
int64_t read_token_id(const JsonObject& root, const JsonObject& text, std::string_view key,
                      int64_t fallback, int64_t vocab_size) {
  const JsonObject& owner = root.has(key) ? root : text;
  int64_t id = fallback;
  if (owner.has(key) && owner.at(key).is_array()) {
    const std::vector<int64_t> ids = owner.integers(key, 0, vocab_size - 1);
    if (ids.empty()) owner.fail(key, "at least one token id");
    id = ids.front();
  } else {
    id = owner.integer_or(key, fallback, 0, vocab_size - 1);
  }
  if (id >= vocab_size) {
    owner.fail(key, fmt::format("a token id below vocab_size ({}); the family's default {} is not",
                                vocab_size, fallback));
  }
  return id;
}

void read_token_ids(const JsonObject& root, const JsonObject& text, ModelConfig& config) {
  const auto read = [&](std::string_view key, int64_t& id) {
    id = read_token_id(root, text, key, id, config.vocab_size);
  };
  read("image_token_id", config.image_token_id);
  read("video_token_id", config.video_token_id);
  read("vision_start_token_id", config.vision_start_token_id);
  read("vision_end_token_id", config.vision_end_token_id);
  read("eos_token_id", config.eos_token_id);
  // The hub's files give no pad_token_id; they pad with what they call the bos token,
  // <|endoftext|>.
  int64_t bos_token_id = config.pad_token_id;
  if (!root.has("pad_token_id") && !text.has("pad_token_id")) read("bos_token_id", bos_token_id);
  config.pad_token_id = bos_token_id;
  read("pad_token_id", config.pad_token_id);
}

}  // namespace

ModelConfig read_model_config(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / "config.json";
  ModelConfig config;
  config.raw_json = read_checkpoint_text(file);
  const nlohmann::json parsed = parse_json(config.raw_json, file.string());
  const JsonObject root(parsed, file.string());
  read_architecture(root);
  const JsonObject text = root.has("text_config") ? root.object("text_config") : root;
  read_language(text, config);
  config.vision = read_vision(root.object("vision_config"), config.hidden_size);
  // Absent means untied, as in transformers' class for this architecture.
  config.tie_word_embeddings =
      root.boolean_or("tie_word_embeddings", text.boolean_or("tie_word_embeddings", false));
  read_token_ids(root, text, config);
  return config;
}

}  // namespace retrace::model
