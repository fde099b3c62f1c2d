#include "rl/media_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/rl/error_text.h"

namespace retrace::rl {
namespace {

using ::testing::HasSubstr;

class MediaOptions : public ::testing::Test {
 protected:
  MediaOptions() { video_.frames.min_pixels = video_.frames.max_pixels = 0; }
  void choose(model::ModelFamily family) {
    config_.family = family;
    config_.vision.patch_size = family == model::ModelFamily::kQwen3Vl ? 16 : 14;
    processor_ = model::family_processor(family);
  }
  data::FrameOptions frames() { return frame_options(video_, config_, processor_); }

  model::ModelConfig config_;
  model::Processor processor_ = model::family_processor(config_.family);
  VideoSection video_;
};

TEST_F(MediaOptions, FollowTheFamily) {
  choose(model::ModelFamily::kQwen25Vl);
  data::FrameOptions options = frames();
  EXPECT_EQ(options.size_rule, data::ResizeRule::kQwenVlUtils);
  EXPECT_EQ(options.resize, data::ResizeArithmetic::kFloat32);
  EXPECT_EQ(options.resize_factor, 28);
  EXPECT_EQ(options.min_pixels, 100352);
  EXPECT_EQ(options.max_pixels, 602112);

  choose(model::ModelFamily::kQwen3Vl);
  options = frames();
  EXPECT_EQ(options.size_rule, data::ResizeRule::kClipProcessor);
  EXPECT_EQ(options.resize, data::ResizeArithmetic::kUint8);
  EXPECT_EQ(options.resize_factor, 32);
  EXPECT_EQ(options.min_pixels, processor_.video.min_pixels);
  EXPECT_EQ(options.max_pixels, processor_.video.max_pixels);
  EXPECT_EQ(image_options({}, config_, processor_).max_pixels, 4096 * 4096);
}

TEST_F(MediaOptions, TakeTheUsersChoiceFirst) {
  choose(model::ModelFamily::kQwen2Vl);
  video_.size_rule = SizeRuleChoice::kProcessor;
  video_.resize = ResizeChoice::kFloat32;
  video_.frames.max_pixels = 5000;
  const data::FrameOptions options = frames();
  EXPECT_EQ(options.size_rule, data::ResizeRule::kProcessor);
  EXPECT_EQ(options.resize, data::ResizeArithmetic::kFloat32);
  EXPECT_EQ(options.min_pixels, 5000) << "the default minimum gives way to a maximum below it";
  EXPECT_EQ(options.max_pixels, 5000);
}

TEST_F(MediaOptions, RefuseWhatTheRuleNeverDoes) {
  video_.frames.max_pixels = 602113;
  EXPECT_THAT(test::error_text<core::ConfigError>([&] { frames(); }),
              HasSubstr("video.max_pixels: must be at most 602112 with size_rule qwen_vl_utils"));
  video_.frames.max_pixels = 0;
  video_.frames.min_pixels = 700000;
  EXPECT_THAT(test::error_text<core::ConfigError>([&] { frames(); }),
              HasSubstr("video.min_pixels: must be at most video.max_pixels"));
}

}  // namespace
}  // namespace retrace::rl
