// What config.json says about the vision tower, checked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "model/model_family.h"

namespace retrace::model {

class JsonObject;

enum class VisionNorm { kLayerNorm, kRmsNorm };
enum class VisionMlp {
  kQuickGelu,  // fc2(quick_gelu(fc1 x))
  kGeluTanh,   // fc2(gelu_tanh(fc1 x))
  kSwiGlu      // down(silu(gate x) * up x)
};

// The defaults are Qwen2-VL's.
struct VisionConfig {
  int64_t depth = 32;
  int64_t embed_dim = 1280;
  int64_t num_heads = 16;
  int64_t mlp_dim = 5120;
  int64_t in_channels = 3;
  int64_t patch_size = 14;          // pixels
  int64_t temporal_patch_size = 2;  // frames
  int64_t spatial_merge_size = 2;   // patches a side that become one token
  VisionNorm norm = VisionNorm::kLayerNorm;
  VisionMlp mlp = VisionMlp::kQuickGelu;
  bool patch_bias = false;  // of the patch embedding
  // Qwen2.5-VL: time positions a second of video; 0: one a frame pair.
  double tokens_per_second = 0;
  int64_t window_size = 0;  // Qwen2.5-VL: pixels a side of an attention window; 0: none
  std::vector<int64_t> full_attention_blocks = {};  // with windows: they see whole frame pairs
  int64_t num_positions = 0;  // Qwen3-VL: learned positions, a square grid; 0: none
  // Qwen3-VL: blocks whose output, merged, is added to decoder layers 0, 1, ...; ascending.
  std::vector<int64_t> deepstack_blocks = {};

  int64_t head_dim() const { return embed_dim / num_heads; }
  int64_t merged_width() const { return embed_dim * spatial_merge_size * spatial_merge_size; }
  int64_t patch_values() const {
    return in_channels * temporal_patch_size * patch_size * patch_size;
  }
  bool sees_whole_frames(int64_t block) const {
    return window_size == 0 || std::find(full_attention_blocks.begin(), full_attention_blocks.end(),
                                         block) != full_attention_blocks.end();
  }
  // Column blocks of the tower's output: the tokens, then one a deepstack feature.
  int64_t num_outputs() const { return 1 + static_cast<int64_t>(deepstack_blocks.size()); }
};

// Reads vision_config of a family that has one. Throws CheckpointError.
VisionConfig read_vision_config(const JsonObject& vision, ModelFamily family,
                                int64_t language_width);

}  // namespace retrace::model
