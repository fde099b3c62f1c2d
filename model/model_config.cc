#include "model/model_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "core/error.h"
#include "core/files.h"
#include "model/adapter_files.h"
#include "model/config_limits.h"
#include "model/json_reader.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;

struct Architecture {
  std::string_view model_type;
  std::string_view name;  // in `architectures`
  ModelFamily family;
};

constexpr std::array<Architecture, 4> kArchitectures = {
    {{"qwen2_vl", "Qwen2VLForConditionalGeneration", ModelFamily::kQwen2Vl},
     {"qwen2_5_vl", "Qwen2_5_VLForConditionalGeneration", ModelFamily::kQwen25Vl},
     {"qwen3_vl", "Qwen3VLForConditionalGeneration", ModelFamily::kQwen3Vl},
     {"qwen2", "Qwen2ForCausalLM", ModelFamily::kQwen2Text}}};

std::string supported_types() {
  std::vector<std::string> types;
  for (const Architecture& architecture : kArchitectures) {
    types.push_back(fmt::format("\"{}\"", architecture.model_type));
  }
  return fmt::format("one of {} (the architectures supported)", fmt::join(types, ", "));
}

ModelFamily read_family(const JsonObject& root) {
  const std::string type = root.string("model_type");
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [&](const Architecture& a) { return a.model_type == type; });
  if (found == kArchitectures.end()) root.fail("model_type", supported_types());
  if (root.has("architectures")) {
    const nlohmann::json& names = root.at("architectures");
    const bool is_known =
        names.is_array() && std::find(names.begin(), names.end(), found->name) != names.end();
    if (!is_known) {
      root.fail("architectures", fmt::format("\"{}\", the only one supported for model_type \"{}\"",
                                             found->name, found->model_type));
    }
  }
  if (root.has("quantization_config")) {
    root.fail("quantization_config",
              "none: quantised checkpoints are not supported, use the bfloat16 one");
  }
  return found->family;
}

// Text has one position axis: all of the head's places follow it.
void read_sections(const JsonObject& rope, ModelConfig& config) {
  if (!config.has_vision()) {
    config.mrope_section = {config.head_dim() / 2, 0, 0};
    return;
  }
  config.mrope_section = rope.integers("mrope_section", 1, kMaxWidth);
  const int64_t sum =
      std::accumulate(config.mrope_section.begin(), config.mrope_section.end(), int64_t{0});
  if (config.mrope_section.size() != 3 || sum * 2 != config.head_dim()) {
    rope.fail("mrope_section", fmt::format("3 integers that add up to half the head size, {} / 2",
                                           config.head_dim()));
  }
  config.mrope_interleaved = config.family == ModelFamily::kQwen3Vl;
  if (rope.boolean_or("mrope_interleaved", config.mrope_interleaved) != config.mrope_interleaved) {
    rope.fail("mrope_interleaved", fmt::format("{} for this family", config.mrope_interleaved));
  }
}

// transformers >= 5 writes rope_parameters, older ones rope_theta and rope_scaling.
void read_rope(const JsonObject& text, ModelConfig& config) {
  const char* key = text.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  const nlohmann::json nothing = nlohmann::json::object();
  const bool may_be_absent = !config.has_vision() && !text.has(key);
  const JsonObject rope =
      may_be_absent ? JsonObject(nothing, text.file(), "rope_scaling.") : text.object(key);
  const JsonObject& theta_owner = rope.has("rope_theta") ? rope : text;
  config.rope_theta = theta_owner.number("rope_theta", 1, 1e12);
  for (const char* type_key : {"type", "rope_type"}) {
    const std::string type = rope.string_or(type_key, "default");
    if (type == "default" || (type == "mrope" && config.has_vision())) continue;
    rope.fail(type_key, config.has_vision() ? "\"mrope\" or \"default\"" : "\"default\"");
  }
  read_sections(rope, config);
}

void read_head_dim(const JsonObject& text, ModelConfig& config) {
  const bool is_free =
      config.family == ModelFamily::kQwen3Vl || config.family == ModelFamily::kQwen2Text;
  if (config.family == ModelFamily::kQwen3Vl || (is_free && text.has("head_dim"))) {
    config.explicit_head_dim = text.integer("head_dim", 2, kMaxWidth / config.num_heads);
    if (config.head_dim() % 2 != 0) text.fail("head_dim", "an even number");
    return;
  }
  if (config.hidden_size % config.num_heads != 0 || config.head_dim() % 2 != 0) {
    text.fail("hidden_size",
              fmt::format("num_attention_heads ({}) times an even number", config.num_heads));
  }
  if (text.integer_or("head_dim", config.head_dim(), 1, kMaxWidth) != config.head_dim()) {
    text.fail("head_dim", fmt::format("hidden_size / num_attention_heads, {}", config.head_dim()));
  }
}

void refuse_sliding_window(const JsonObject& text) {
  if (text.boolean_or("use_sliding_window", false)) {
    text.fail("use_sliding_window", "false: sliding windows are not supported");
  }
  if (!text.has("layer_types")) return;
  const nlohmann::json& types = text.at("layer_types");
  const bool all_full = types.is_array() && std::all_of(types.begin(), types.end(), [](auto& type) {
                          return type == "full_attention";
                        });
  if (!all_full) text.fail("layer_types", "\"full_attention\" for every layer");
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
  text.require_string("hidden_act", "silu");
  refuse_sliding_window(text);
  read_head_dim(text, config);
  if (config.num_heads % config.num_kv_heads != 0) {
    text.fail("num_key_value_heads",
              fmt::format("a divisor of num_attention_heads ({})", config.num_heads));
  }
  if (config.family == ModelFamily::kQwen3Vl) {
    config.qkv_bias = false;
    config.qk_norm = true;
    if (text.boolean_or("attention_bias", false)) {
      text.fail("attention_bias", "false: the only value supported");
    }
  }
  read_rope(text, config);
  constexpr std::string_view kMaxPositionsKey = "max_position_embeddings";
  if (text.has(kMaxPositionsKey))
    config.max_positions = text.integer(kMaxPositionsKey, 1, kMaxPositions);
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
  if (config.has_vision()) {
    read("image_token_id", config.image_token_id);
    read("video_token_id", config.video_token_id);
    read("vision_start_token_id", config.vision_start_token_id);
    read("vision_end_token_id", config.vision_end_token_id);
  } else {
    config.image_token_id = config.video_token_id = -1;
    config.vision_start_token_id = config.vision_end_token_id = -1;
  }
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
  if (!core::is_present(file) && has_adapter_files(folder)) {
    throw_<CheckpointError>(
        "{}: expected a model (config.json), found a LoRA adapter (adapter_config.json); merge it "
        "into its base model with merge_adapters, or, to train it further, give it as "
        "model.lora.path and its base model as model.path",
        folder.string());
  }
  ModelConfig config;
  config.raw_json = read_checkpoint_text(file);
  const nlohmann::json parsed = parse_json(config.raw_json, file.string());
  const JsonObject root(parsed, file.string());
  config.family = read_family(root);
  const JsonObject text = root.has("text_config") ? root.object("text_config") : root;
  read_language(text, config);
  if (config.has_vision()) {
    config.vision =
        read_vision_config(root.object("vision_config"), config.family, config.hidden_size);
    if (config.vision.num_outputs() > 1 + config.num_layers) {
      root.object("vision_config")
          .fail("deepstack_visual_indexes",
                fmt::format("at most one for each of the {} decoder layers", config.num_layers));
    }
  }
  // Absent means untied, as in transformers' classes.
  config.tie_word_embeddings =
      root.boolean_or("tie_word_embeddings", text.boolean_or("tie_word_embeddings", false));
  read_token_ids(root, text, config);
  return config;
}

}  // namespace retrace::model
