// What config.json of a checkpoint says, checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/model_family.h"
#include "model/vision_config.h"

namespace retrace::model {

struct ModelConfig {
  ModelFamily family = ModelFamily::kQwen2Vl;
  VisionConfig vision;  // only if has_vision()
  int64_t vocab_size = 151936;
  int64_t hidden_size = 1536;
  int64_t intermediate_size = 8960;
  int64_t num_layers = 28;
  int64_t num_heads = 12;
  int64_t num_kv_heads = 2;
  int64_t explicit_head_dim = 0;  // 0: hidden_size / num_heads
  bool qkv_bias = true;
  bool qk_norm = false;  // RMSNorm of every query and key head, before the rotation
  double rms_norm_eps = 1e-6;
  double rope_theta = 1e6;
  std::vector<int64_t> mrope_section = {16, 24, 24};  // time, height, width
  bool mrope_interleaved = false;
  bool tie_word_embeddings = true;
  // max_position_embeddings: how many positions the model is made for; none: config.json does not
  // say.
  std::optional<int64_t> max_positions;
  // -1: a text-only model has none.
  int64_t image_token_id = 151655, video_token_id = 151656;
  int64_t vision_start_token_id = 151652, vision_end_token_id = 151653;
  int64_t eos_token_id = 151645, pad_token_id = 151643;
  std::string raw_json;  // the file as read; written back unchanged with a checkpoint

  int64_t head_dim() const {
    return explicit_head_dim > 0 ? explicit_head_dim : hidden_size / num_heads;
  }
  bool has_vision() const { return family != ModelFamily::kQwen2Text; }
};

// Reads `folder`/config.json of any ModelFamily, flat (hub) or nested (text_config). Throws
// CheckpointError that names the file, key, expected and found; for another architecture it names
// what is supported, for the folder of a LoRA adapter what to do with it.
ModelConfig read_model_config(const std::filesystem::path& folder);

}  // namespace retrace::model
