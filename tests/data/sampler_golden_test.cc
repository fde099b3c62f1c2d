// Every sampling rule against the code it is named after (tests/golden/make_sampler_golden.py).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "data/frame_sampler.h"

namespace retrace::data {
namespace {

using nlohmann::json;

FrameSamplerOptions options_of(const json& golden) {
  const std::map<std::string, SamplingRule> rules = {
      {"fps", SamplingRule::kFps},
      {"linspace_round", SamplingRule::kLinspaceRound},
      {"linspace_floor", SamplingRule::kLinspaceFloor},
      {"segment_midpoint", SamplingRule::kSegmentMidpoint},
      {"hf_qwen2_vl", SamplingRule::kHfQwen2Vl},
      {"hf_qwen3_vl", SamplingRule::kHfQwen3Vl}};
  FrameSamplerOptions options;
  options.rule = rules.at(golden.at("rule").get<std::string>());
  options.fps = golden.value("fps", options.fps);
  options.min_frames = golden.value("min_frames", options.min_frames);
  options.max_frames = golden.value("max_frames", options.max_frames);
  options.num_frames = golden.value("num_frames", options.num_frames);
  return options;
}

void expect_equal(const std::vector<int64_t>& indices, const json& golden) {
  int64_t sum = 0, weighted = 0;
  for (size_t i = 0; i < indices.size(); ++i) {
    sum += indices[i];
    weighted += static_cast<int64_t>(i + 1) * indices[i];
  }
  ASSERT_EQ(indices.size(), golden.at("count").get<size_t>()) << golden;
  EXPECT_EQ(indices.front(), golden.at("first").get<int64_t>()) << golden;
  EXPECT_EQ(indices.back(), golden.at("last").get<int64_t>()) << golden;
  EXPECT_EQ(sum, golden.at("sum").get<int64_t>()) << golden;
  EXPECT_EQ(weighted, golden.at("weighted").get<int64_t>()) << golden;
  if (golden.contains("indices")) {
    EXPECT_EQ(indices, golden.at("indices").get<std::vector<int64_t>>()) << golden;
  }
}

TEST(FrameSampler, EqualsTheReferenceOfEveryRule) {
  std::ifstream file(std::filesystem::path(RETRACE_SOURCE_DIR) /
                     "tests/golden/sampler_golden.json");
  const json goldens = json::parse(file);
  ASSERT_GE(goldens.size(), 500u);
  for (const json& golden : goldens) {
    const int64_t num_frames = golden.at("num_frames_of_video").get<int64_t>();
    const double video_fps = golden.at("video_fps").get<double>();
    const FrameSamplerOptions options = options_of(golden);
    if (golden.contains("too_short")) {
      EXPECT_THROW(sample_frame_indices(num_frames, video_fps, options), core::DataError) << golden;
    } else {
      expect_equal(sample_frame_indices(num_frames, video_fps, options), golden);
    }
  }
}

}  // namespace
}  // namespace retrace::data
