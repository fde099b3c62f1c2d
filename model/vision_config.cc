#include "model/vision_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/config_limits.h"
#include "model/json_reader.h"

namespace retrace::model {
namespace {

// What Qwen2-VL calls embed_dim the later families call hidden_size, and say the width of their
// output in out_hidden_size.
struct Keys {
  const char* width;
  const char* output_width;
  const char* activation;
};

Keys keys_of(ModelFamily family) {
  if (family == ModelFamily::kQwen2Vl) return {"embed_dim", "hidden_size", "quick_gelu"};
  if (family == ModelFamily::kQwen25Vl) return {"hidden_size", "out_hidden_size", "silu"};
  return {"hidden_size", "out_hidden_size", "gelu_pytorch_tanh"};
}

void read_sizes(const JsonObject& vision, const Keys& keys, VisionConfig& config) {
  config.depth = vision.integer_or("depth", config.depth, 1, kMaxLayers);
  config.num_heads = vision.integer_or("num_heads", config.num_heads, 1, config.embed_dim);
  // transformers' classes spell it in_channels, some of the hub's files in_chans.
  const char* channels_key = vision.has("in_channels") ? "in_channels" : "in_chans";
  config.in_channels = vision.integer_or(channels_key, config.in_channels, 1, 64);
  config.patch_size = vision.integer_or("patch_size", config.patch_size, 1, 1024);
  config.temporal_patch_size =
      vision.integer_or("temporal_patch_size", config.temporal_patch_size, 1, 64);
  config.spatial_merge_size =
      vision.integer_or("spatial_merge_size", config.spatial_merge_size, 1, 64);
  if (config.in_channels != 3) vision.fail(channels_key, "3 (RGB)");
  if (config.embed_dim % config.num_heads != 0 || config.head_dim() % 4 != 0) {
    vision.fail(keys.width, fmt::format("num_heads ({}) times a multiple of 4", config.num_heads));
  }
}

void read_qwen2(const JsonObject& vision, VisionConfig& config) {
  const double mlp_ratio = vision.number_or("mlp_ratio", 4.0, 1.0 / 64, 64);
  config.mlp_dim = static_cast<int64_t>(static_cast<double>(config.embed_dim) * mlp_ratio);
}

void read_qwen25(const JsonObject& vision, VisionConfig& config) {
  config.norm = VisionNorm::kRmsNorm;
  config.mlp = VisionMlp::kSwiGlu;
  config.mlp_dim = vision.integer_or("intermediate_size", 3420, 1, kMaxWidth * 8);
  config.tokens_per_second = vision.number_or("tokens_per_second", 4, 0, 1e6);
  config.window_size = vision.integer_or("window_size", 112, 1, 1 << 20);
  const int64_t unit = config.patch_size * config.spatial_merge_size;
  if (config.window_size < unit) {
    vision.fail("window_size",
                fmt::format("at least patch_size x spatial_merge_size, {} pixels", unit));
  }
  config.full_attention_blocks = {7, 15, 23, 31};
  if (vision.has("fullatt_block_indexes")) {
    config.full_attention_blocks = vision.integers("fullatt_block_indexes", 0, kMaxLayers);
  }
}

void read_qwen3(const JsonObject& vision, VisionConfig& config) {
  config.mlp = VisionMlp::kGeluTanh;
  config.patch_bias = true;
  config.mlp_dim = vision.integer_or("intermediate_size", 4304, 1, kMaxWidth * 8);
  config.num_positions = vision.integer_or("num_position_embeddings", 2304, 1, kMaxWidth * 8);
  const auto side =
      static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(config.num_positions))));
  if (side * side != config.num_positions) {
    vision.fail("num_position_embeddings", "the square of an integer");
  }
  config.deepstack_blocks = {8, 16, 24};
  if (vision.has("deepstack_visual_indexes")) {
    config.deepstack_blocks = vision.integers("deepstack_visual_indexes", 0, kMaxLayers);
  }
  const std::vector<int64_t>& blocks = config.deepstack_blocks;
  const bool ascends =
      std::adjacent_find(blocks.begin(), blocks.end(), std::greater_equal<>()) == blocks.end();
  if (!ascends || (!blocks.empty() && blocks.back() >= config.depth)) {
    vision.fail("deepstack_visual_indexes",
                fmt::format("ascending block numbers below depth ({})", config.depth));
  }
}

}  // namespace

VisionConfig read_vision_config(const JsonObject& vision, ModelFamily family,
                                int64_t language_width) {
  const Keys keys = keys_of(family);
  VisionConfig config;
  switch (family) {
    case ModelFamily::kQwen2Vl:
    case ModelFamily::kQwen2Text:
      config.embed_dim = vision.integer_or(keys.width, 1280, 4, kMaxWidth);
      read_sizes(vision, keys, config);
      read_qwen2(vision, config);
      break;
    case ModelFamily::kQwen25Vl:
      config.embed_dim = vision.integer(keys.width, 4, kMaxWidth);
      read_sizes(vision, keys, config);
      read_qwen25(vision, config);
      break;
    case ModelFamily::kQwen3Vl:
      config.embed_dim = vision.integer_or(keys.width, 1152, 4, kMaxWidth);
      config.depth = 27;
      config.patch_size = 16;
      read_sizes(vision, keys, config);
      read_qwen3(vision, config);
      break;
  }
  vision.require_string("hidden_act", keys.activation);
  if (vision.integer_or(keys.output_width, language_width, 1, kMaxWidth) != language_width) {
    vision.fail(keys.output_width,
                fmt::format("the language model's hidden_size, {}", language_width));
  }
  return config;
}

}  // namespace retrace::model
