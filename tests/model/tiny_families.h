// Turns a tiny Qwen2-VL configuration into one of another family, for tests that hold for all.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "model/model_config.h"

namespace retrace::test {

inline void make_family(model::ModelConfig& config, model::ModelFamily family) {
  using model::ModelFamily;
  config.family = family;
  model::VisionConfig& vision = config.vision;
  switch (family) {
    case ModelFamily::kQwen2Vl:
      break;
    case ModelFamily::kQwen25Vl:  // windows of one column of tokens; the last block sees all
      vision.norm = model::VisionNorm::kRmsNorm;
      vision.mlp = model::VisionMlp::kSwiGlu;
      vision.window_size = vision.patch_size * vision.spatial_merge_size;
      vision.full_attention_blocks = {vision.depth - 1};
      vision.tokens_per_second = 2;
      break;
    case ModelFamily::kQwen3Vl:  // every block feeds a decoder layer; heads wider than their share
      vision.mlp = model::VisionMlp::kGeluTanh;
      vision.patch_bias = true;
      vision.num_positions = 9;
      for (int64_t block = 0; block < vision.depth && block < config.num_layers - 1; ++block) {
        vision.deepstack_blocks.push_back(block);
      }
      config.explicit_head_dim = 12;
      config.mrope_section = {2, 2, 2};
      config.mrope_interleaved = true;
      config.qkv_bias = false;
      config.qk_norm = true;
      break;
    case ModelFamily::kQwen2Text:
      config.mrope_section = {config.head_dim() / 2, 0, 0};
      config.image_token_id = config.video_token_id = -1;
      config.vision_start_token_id = config.vision_end_token_id = -1;
      break;
  }
}

// For INSTANTIATE_TEST_SUITE_P over families.
inline std::string family_name(const testing::TestParamInfo<model::ModelFamily>& test_case) {
  switch (test_case.param) {
    case model::ModelFamily::kQwen2Vl:
      return "Qwen2Vl";
    case model::ModelFamily::kQwen25Vl:
      return "Qwen25Vl";
    case model::ModelFamily::kQwen3Vl:
      return "Qwen3Vl";
    case model::ModelFamily::kQwen2Text:
      return "Qwen2Text";
  }
  return "";
}

inline const auto kVisionFamilies = testing::Values(
    model::ModelFamily::kQwen2Vl, model::ModelFamily::kQwen25Vl, model::ModelFamily::kQwen3Vl);

}  // namespace retrace::test
