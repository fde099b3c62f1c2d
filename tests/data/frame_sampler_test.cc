#include "data/frame_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

using test::error_text;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FrameSamplerOptions at_fps(double fps, int64_t min_frames = 4, int64_t max_frames = 768) {
  return {
      .rule = SamplingRule::kFps, .fps = fps, .min_frames = min_frames, .max_frames = max_frames};
}

FrameSamplerOptions linspace(int64_t num_frames) {
  return {.rule = SamplingRule::kLinspaceFloor, .num_frames = num_frames};
}

TEST(FrameSampler, FpsRuleSpreadsRoundedIndicesOverTheVideo) {
  // 90 frames at 30 fps, 2 fps: n = 6, step 89 / 5 = 17.8.
  EXPECT_THAT(sample_frame_indices(90, 30, at_fps(2)), ElementsAre(0, 18, 36, 53, 71, 89));
}

TEST(FrameSampler, FpsRuleTakesAnEvenCount) {
  // 7 s at 1 fps would be 7 frames.
  EXPECT_EQ(sample_frame_indices(210, 30, at_fps(1)).size(), 6U);
}

TEST(FrameSampler, FpsRuleKeepsTheCountBetweenItsBounds) {
  EXPECT_THAT(sample_frame_indices(10, 10, at_fps(2)), ElementsAre(0, 3, 6, 9));  // 2 becomes 4
  EXPECT_THAT(sample_frame_indices(10000, 30, at_fps(30, 4, 10)),
              ElementsAre(0, 1111, 2222, 3333, 4444, 5555, 6666, 7777, 8888, 9999));
  EXPECT_EQ(sample_frame_indices(1000, 30, at_fps(2, 5)).size(), 66U);
  EXPECT_EQ(sample_frame_indices(50, 30, at_fps(0.1, 5)).size(), 6U);  // the lower bound rounded up
  EXPECT_EQ(sample_frame_indices(5000, 30, at_fps(30, 4, 11)).size(), 10U);  // the upper one down
}

TEST(FrameSampler, FpsRuleNeverTakesMoreFramesThanThereAre) {
  EXPECT_THAT(sample_frame_indices(5, 30, at_fps(100)),
              ElementsAre(0, 1, 3, 4));  // 0, 1.33, 2.67, 4
  EXPECT_THAT(sample_frame_indices(3, 30, at_fps(2)), ElementsAre(0, 2));
  EXPECT_THAT(sample_frame_indices(2, 30, at_fps(2)), ElementsAre(0, 1));
}

TEST(FrameSampler, FpsRuleOnOneFrameIsAnError) {
  EXPECT_THAT(error_text<core::DataError>([] { sample_frame_indices(1, 30, at_fps(2)); }),
              HasSubstr("has 1 frame, expected at least 2"));
}

TEST(FrameSampler, LinspaceFloorTruncates) {
  // 9 / 7 = 1.2857: 0, 1.29, 2.57, 3.86, 5.14, 6.43, 7.71, 9.
  EXPECT_THAT(sample_frame_indices(10, 30, linspace(8)), ElementsAre(0, 1, 2, 3, 5, 6, 7, 9));
  EXPECT_THAT(sample_frame_indices(1800, 30, linspace(8)),
              ElementsAre(0, 257, 514, 771, 1028, 1285, 1542, 1799));
}

TEST(FrameSampler, LinspaceFloorKeepsExactPointsExact) {
  const std::vector<int64_t> indices = sample_frame_indices(4901, 30, linspace(50));
  for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(indices[static_cast<size_t>(i)], 100 * i);
}

TEST(FrameSampler, LinspaceFloorRepeatsFramesOfVeryShortVideos) {
  EXPECT_THAT(sample_frame_indices(3, 30, linspace(8)), ElementsAre(0, 0, 0, 0, 1, 1, 1, 2));
  EXPECT_THAT(sample_frame_indices(1, 30, linspace(2)), ElementsAre(0, 0));
}

TEST(FrameSampler, SegmentMidpointsLieInTheirSegments) {
  // 89 / 4 = 22.25: 11.125 + 0, 22, 44 (44.5 to even), 67.
  EXPECT_THAT(
      sample_frame_indices(90, 30, {.rule = SamplingRule::kSegmentMidpoint, .num_frames = 4}),
      ElementsAre(11, 33, 55, 78));
}

TEST(FrameSampler, LinspaceRoundTakesAnEvenCount) {
  const auto rounded = [](int64_t num_frames) {
    return sample_frame_indices(100, 30,
                                {.rule = SamplingRule::kLinspaceRound, .num_frames = num_frames})
        .size();
  };
  EXPECT_EQ(rounded(5), 4u);  // 2.5 to 2 pairs
  EXPECT_EQ(rounded(7), 8u);  // 3.5 to 4 pairs
  EXPECT_THAT(error_text<core::DataError>([] {
                sample_frame_indices(3, 30,
                                     {.rule = SamplingRule::kLinspaceRound, .num_frames = 4});
              }),
              HasSubstr("has 3 frames, expected at least 4 to sample 4 of them"));
}

TEST(FrameSampler, EveryRuleGivesSortedIndicesInside) {
  for (const SamplingRule rule :
       {SamplingRule::kFps, SamplingRule::kLinspaceFloor, SamplingRule::kSegmentMidpoint,
        SamplingRule::kHfQwen2Vl, SamplingRule::kHfQwen3Vl}) {
    for (int64_t num_frames = 2; num_frames < 3000; num_frames += 3) {
      const std::vector<int64_t> indices =
          sample_frame_indices(num_frames, 23.976, {.rule = rule, .num_frames = 9});
      ASSERT_TRUE(std::is_sorted(indices.begin(), indices.end()));
      ASSERT_GE(indices.front(), 0);
      ASSERT_LT(indices.back(), num_frames);
    }
  }
}

TEST(FrameSampler, TimesGiveTheFramesShownThen) {
  const std::vector<double> pts = {0, 0.1, 0.2, 1.0, 1.5};
  const std::vector<double> times = {0, 0.1, 0.15, 0.99, 1.0, 1.9};
  EXPECT_THAT(frames_shown_at(times, pts, 2.0), ElementsAre(0, 1, 1, 2, 3, 4));
  for (const double time : {0.0, 0.05, 0.7, 1.2, 1.99}) {  // brute force
    int64_t shown = 0;
    for (size_t i = 0; i < pts.size(); ++i) {
      if (pts[i] <= time) shown = static_cast<int64_t>(i);
    }
    EXPECT_EQ(frames_shown_at(std::vector<double>{time}, pts, 2.0).front(), shown);
  }
}

TEST(FrameSampler, TimeBehindTheEndIsAnError) {
  const std::vector<double> pts = {0, 0.5}, times = {0.2, 1.0};
  EXPECT_THAT(error_text<core::DataError>([&] { frames_shown_at(times, pts, 1.0); }),
              AllOf(HasSubstr("1.000 s long"), HasSubstr("video.times")));
}

TEST(FrameSampler, IndicesAreSortedAndInsideForAnyLength) {
  for (int64_t num_frames = 2; num_frames < 3000; num_frames += 7) {
    for (const double video_fps : {1.0, 23.976, 60.0}) {
      const std::vector<int64_t> indices = sample_frame_indices(num_frames, video_fps, at_fps(2));
      EXPECT_EQ(indices.size() % 2, 0U);
      EXPECT_EQ(indices.front(), 0);
      EXPECT_EQ(indices.back(), num_frames - 1);
      for (size_t i = 1; i < indices.size(); ++i) ASSERT_LT(indices[i - 1], indices[i]);
    }
  }
}

TEST(FrameSampler, SampledFpsIsTheShareOfFramesTimesTheRate) {
  EXPECT_DOUBLE_EQ(sampled_fps(6, 90, 30), 2);
  EXPECT_DOUBLE_EQ(sampled_fps(8, 1800, 30), 8.0 / 60);
}

TEST(FrameSampler, OptionsOutOfRangeAreNamed) {
  const auto message = [](const FrameSamplerOptions& options) {
    return error_text<core::ConfigError>([&] { validate(options); });
  };
  EXPECT_THAT(message(at_fps(0)), HasSubstr("fps: must be above 0, is 0"));
  EXPECT_THAT(message(at_fps(std::nan(""))), HasSubstr("fps: must be above 0"));
  EXPECT_THAT(message(at_fps(2, 0)), HasSubstr("min_frames: must be at least 1, is 0"));
  EXPECT_THAT(message(at_fps(2, 8, 6)),
              AllOf(HasSubstr("max_frames"), HasSubstr("min_frames (8), is 6")));
  EXPECT_THAT(message({.rule = SamplingRule::kTimes}), HasSubstr("times: must hold"));
  EXPECT_THAT(message({.rule = SamplingRule::kTimes, .times = {1, 0.5}}),
              HasSubstr("times: must be seconds from 0 on, in ascending order"));
  EXPECT_THAT(message(linspace(1)), HasSubstr("num_frames: must be at least 2, is 1"));
}

}  // namespace
}  // namespace retrace::data
