#include "data/frame_cache.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/error.h"
#include "data/video_reader.h"
#include "data/video_writer.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

FrameOptions four_small_frames() {
  FrameOptions options;
  options.sampler = {.rule = SamplingRule::kLinspaceFloor, .num_frames = 4};
  options.min_pixels = 1;
  options.max_pixels = 28 * 28 * 4;
  return options;
}

constexpr int64_t kClipBytes = 4 * 3 * 28 * 56;

class ClipFolder : public ::testing::Test {
 protected:
  std::filesystem::path clip(const std::string& name, int64_t num_frames = 10) const {
    write_video(folder_ / name, test::smooth_frames(num_frames, 56, 84), {.fps = 5});
    return folder_ / name;
  }
  TemporaryFolder folder_;
};

using LoadClip = ClipFolder;
using FrameCacheTest = ClipFolder;

TEST_F(LoadClip, IsReadSampledAndResized) {
  const std::filesystem::path file = clip("a.mp4");
  const ClipFrames loaded = load_clip(file, four_small_frames());
  EXPECT_DOUBLE_EQ(loaded.sampled_fps, 4.0 / 10 * 5);
  VideoReader reader(file);
  const VideoFrames read = reader.read(std::vector<int64_t>{0, 3, 6, 9});
  EXPECT_TRUE(at::equal(loaded.frames, resize_frames(read.frames, {28, 56})));
}

TEST_F(LoadClip, TooShortVideoIsNamed) {
  FrameOptions options = four_small_frames();
  options.sampler.rule = SamplingRule::kFps;
  EXPECT_THAT(error_text<core::DataError>([&] { load_clip(clip("one.mp4", 1), options); }),
              AllOf(HasSubstr("one.mp4: the video has 1 frame"), HasSubstr("at least 2")));
}

TEST_F(LoadClip, OptionsOutOfRangeAreNamed) {
  FrameOptions options = four_small_frames();
  options.max_pixels = 0;
  EXPECT_THAT(error_text<core::ConfigError>([&] { validate(options); }),
              HasSubstr("max_pixels: must be at least min_pixels (1), is 0"));
  options.min_pixels = 0;
  EXPECT_THAT(error_text<core::ConfigError>([&] { validate(options); }),
              HasSubstr("min_pixels: must be"));
  options.resize_factor = 0;
  EXPECT_THAT(error_text<core::ConfigError>([&] { validate(options); }),
              HasSubstr("resize_factor: must be"));
}

TEST_F(FrameCacheTest, ClipIsDecodedOnce) {
  const std::filesystem::path file = clip("a.mp4");
  FrameCache cache(four_small_frames(), 10 * kClipBytes);
  const ClipFrames first = cache.get(file);
  const ClipFrames second = cache.get(folder_.path() / "." / "a.mp4");
  EXPECT_EQ(static_cast<int64_t>(first.frames.nbytes()), kClipBytes);
  EXPECT_TRUE(second.frames.is_same(first.frames));
  EXPECT_EQ(cache.num_decodes(), 1);
}

TEST_F(FrameCacheTest, LeastRecentlyUsedClipLeavesFirst) {
  const auto a = clip("a.mp4"), b = clip("b.mp4"), c = clip("c.mp4");
  FrameCache cache(four_small_frames(), 2 * kClipBytes);
  cache.get(a);
  cache.get(b);
  cache.get(a);
  cache.get(c);  // b leaves
  EXPECT_EQ(cache.num_decodes(), 3);
  cache.get(a);
  cache.get(c);
  EXPECT_EQ(cache.num_decodes(), 3);
  cache.get(b);
  EXPECT_EQ(cache.num_decodes(), 4);
}

TEST_F(FrameCacheTest, ClipLargerThanTheCacheIsGivenButNotKept) {
  const auto a = clip("a.mp4");
  FrameCache cache(four_small_frames(), kClipBytes - 1);
  EXPECT_EQ(cache.get(a).frames.size(0), 4);
  EXPECT_EQ(cache.get(a).frames.size(0), 4);
  EXPECT_EQ(cache.num_decodes(), 2);
}

TEST_F(FrameCacheTest, FailureIsNotKept) {
  FrameCache cache(four_small_frames(), 10 * kClipBytes);
  const auto file = folder_ / "late.mp4";
  EXPECT_THAT(error_text<core::DataError>([&] { cache.get(file); }),
              HasSubstr("late.mp4: no such video file"));
  clip("late.mp4");
  EXPECT_EQ(cache.get(file).frames.size(0), 4);
  EXPECT_EQ(cache.num_decodes(), 1);
}

TEST_F(FrameCacheTest, ThreadsThatWantTheSameClipDecodeItOnce) {
  const auto a = clip("a.mp4", 60), b = clip("b.mp4", 60);
  FrameCache cache(four_small_frames(), 10 * kClipBytes);
  std::vector<std::thread> threads;
  std::atomic<int> num_right{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back(
        [&, i] { num_right += cache.get(i % 2 == 0 ? a : b).frames.size(0) == 4; });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_right, 8);
  EXPECT_EQ(cache.num_decodes(), 2);
}

TEST_F(FrameCacheTest, ThreadsThatWantTheSameBrokenClipAllGetTheError) {
  FrameCache cache(four_small_frames(), 10 * kClipBytes);
  std::vector<std::thread> threads;
  std::atomic<int> num_errors{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        cache.get(folder_ / "none.mp4");
      } catch (const core::DataError&) {
        ++num_errors;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_errors, 4);
  EXPECT_EQ(cache.num_decodes(), 0);
}

}  // namespace
}  // namespace retrace::data
