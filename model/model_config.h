// What config.json of a Qwen2-VL checkpoint says, checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace retrace::model {

enum class ModelFamily {
  kQwen2Vl,
  kQwen25Vl,
  kQwen3Vl,
  kQwen2Text  // Qwen2 and Qwen2.5 language models
};

struct VisionConfig {
  int64_t depth = 32;
  int64_t embed_dim = 1280;
  int64_t num_heads = 16;
  int64_t mlp_dim = 5120;  // embed_dim * mlp_ratio
  int64_t in_channels = 3;
  int64_t patch_size = 14;          // pixels
  int64_t temporal_patch_size = 2;  // frames
  int64_t spatial_merge_size = 2;   // patches a side that become one token
  double tokens_per_second = 0;     // Qwen2.5-VL: time positions a second of video; 0: one a pair
  int64_t patch_values() const {
    return in_channels * temporal_patch_size * patch_size * patch_size;
  }
};

struct ModelConfig {
  ModelFamily family = ModelFamily::kQwen2Vl;
  VisionConfig vision;
  int64_t vocab_size = 151936;
  int64_t hidden_size = 1536;
  int64_t intermediate_size = 8960;
  int64_t num_layers = 28;
  int64_t num_heads = 12;
  int64_t num_kv_heads = 2;
  double rms_norm_eps = 1e-6;
  double rope_theta = 1e6;
  std::vector<int64_t> mrope_section = {16, 24, 24};
  bool tie_word_embeddings = true;
  int64_t image_token_id = 151655, video_token_id = 151656;
  int64_t vision_start_token_id = 151652, vision_end_token_id = 151653;
  int64_t eos_token_id = 151645, pad_token_id = 151643;
  std::string raw_json;  // the file as read; written back unchanged with a checkpoint
  int64_t head_dim() const { return hidden_size / num_heads; }
};

// Reads `folder`/config.json, flat (hub) or nested (text_config). Throws CheckpointError that names
// the file, key, expected and found; for another architecture it names what is supported
// (qwen2_vl).
ModelConfig read_model_config(const std::filesystem::path& folder);

}  // namespace retrace::model
