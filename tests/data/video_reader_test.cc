#include "data/video_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "data/video_writer.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::run_ffmpeg;
using test::TemporaryFolder;

// Every kind of file is in video_kinds_test.cc.

class MadeVideo : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(MadeVideo, TimesOfAVariableFrameRateComeFromTheFile) {
  run_ffmpeg(fmt::format(
      "-f lavfi -i testsrc2=size=64x48:rate=30:duration=1.5 -c:v libx264 -preset veryfast -vf "
      "select='not(mod(n\\,3))+gt(n\\,30)' -fps_mode vfr '{}/a.mp4'",
      folder_.path().string()));
  const VideoReader reader(folder_ / "a.mp4");
  std::vector<int64_t> kept;
  for (int64_t n = 0; n < 45; ++n) {
    if (n % 3 == 0 || n > 30) kept.push_back(n);
  }
  const std::vector<double> pts_seconds = reader.pts_seconds();
  ASSERT_EQ(pts_seconds.size(), kept.size());
  for (size_t i = 0; i < kept.size(); ++i) {
    EXPECT_NEAR(pts_seconds[i], static_cast<double>(kept[i]) / 30, 1e-4);
  }
  EXPECT_NEAR(reader.info().fps, 25 / 1.5, 1e-3);  // 25 frames in 1.5 s
}

// The formulas of BT.601, BT.709 and BT.2020 on flat colours, in double.
struct Matrix {
  const char* name;
  double red, blue;  // weights in the luma
};
class Colours : public MadeVideo, public ::testing::WithParamInterface<Matrix> {};

TEST_P(Colours, FollowTheMatrixAndRangeOfTheFile) {
  const auto [name, kr, kb] = GetParam();
  const bool is_full = std::string(name) == "bt709";  // one of them in full range
  const double y = 120, u = 90, v = 160;
  const std::string file = (folder_ / "a.mp4").string();
  run_ffmpeg(
      fmt::format("-f lavfi -i nullsrc=size=32x32:rate=5:duration=1 -vf "
                  "format=yuv420p,geq=lum={}:cb={}:cr={} -c:v libx264 -crf 1 -colorspace {} "
                  "-color_range {} '{}'",
                  y, u, v, name, is_full ? "pc" : "tv", file));
  VideoReader reader(file);
  const at::Tensor frame_CYX = reader.read(std::vector<int64_t>{2}).frames[0];
  const double luma = is_full ? y : (y - 16) * 255 / 219;
  const double chroma = is_full ? 1 : 255.0 / 224;
  const double red = luma + 2 * (1 - kr) * (v - 128) * chroma;
  const double blue = luma + 2 * (1 - kb) * (u - 128) * chroma;
  const double green = (luma - kr * red - kb * blue) / (1 - kr - kb);
  const double expected[3] = {red, green, blue};
  constexpr double kFixedPoint = 2.5;  // swscale's tables and the encoder's rounding
  for (int64_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(frame_CYX[c].to(at::kDouble).mean().item<double>(), expected[c], kFixedPoint) << c;
  }
}

INSTANTIATE_TEST_SUITE_P(Matrices, Colours,
                         ::testing::Values(Matrix{"smpte170m", 0.299, 0.114},
                                           Matrix{"bt709", 0.2126, 0.0722},
                                           Matrix{"bt2020nc", 0.2627, 0.0593}),
                         [](const auto& made) { return std::string(made.param.name); });

// ---------------------------------------------------------------------------------------------------------------
// Work not done
// ---------------------------------------------------------------------------------------------------------------
class NumberedVideo : public ::testing::Test {
 protected:
  // 64 frames in groups of 16.
  NumberedVideo() {
    write_video(file_, test::numbered_frames(64), {.fps = 8, .keyframe_interval = 16});
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "numbered.mp4";
};

TEST_F(NumberedVideo, InfoIsCountedFromThePackets) {
  const VideoReader reader(file_);
  EXPECT_EQ(reader.info().num_frames, 64);
  EXPECT_DOUBLE_EQ(reader.info().fps, 8);
  EXPECT_DOUBLE_EQ(reader.info().duration_seconds, 8);
  EXPECT_EQ(reader.info().width, 64);
  EXPECT_EQ(reader.info().height, 32);
  EXPECT_EQ(reader.stats().packets_decoded, 0);
}

TEST_F(NumberedVideo, FramesComeInTheOrderAskedForWithRepeats) {
  VideoReader reader(file_);
  const std::vector<int64_t> indices = {40, 3, 63, 3, 0, 40};
  const VideoFrames read = reader.read(indices);
  ASSERT_EQ(read.frames.size(0), 6);
  for (size_t i = 0; i < indices.size(); ++i) {
    EXPECT_EQ(test::number_in_frame(read.frames[static_cast<int64_t>(i)]), indices[i]);
    EXPECT_DOUBLE_EQ(read.pts_seconds[i], static_cast<double>(indices[i]) / 8);
  }
}

TEST_F(NumberedVideo, SeekingSkipsWholeGroupsOnly) {
  VideoReader reader(file_);
  reader.read(std::vector<int64_t>{2, 50, 34});
  EXPECT_EQ(reader.stats().seeks, 2);                    // to 32 and to 48, not to 16
  EXPECT_EQ(reader.stats().packets_decoded, 3 + 3 + 3);  // 0..2, 32..34, 48..50
}

TEST_F(NumberedVideo, NeighbouringGroupsAreReadWithoutSeeking) {
  VideoReader reader(file_);
  reader.read(std::vector<int64_t>{15, 16, 31, 32});
  EXPECT_EQ(reader.stats().seeks, 0);
  EXPECT_EQ(reader.stats().packets_decoded, 33);
}

TEST_F(NumberedVideo, AscendingCallsGoOnWhereTheLastOneStopped) {
  VideoReader reader(file_);
  for (int64_t i = 0; i < 64; ++i) {
    EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{i}).frames[0]), i);
  }
  EXPECT_EQ(reader.stats().seeks, 0);
  EXPECT_EQ(reader.stats().packets_decoded, 64);
}

TEST_F(NumberedVideo, GoingBackSeeksToTheGroupOfTheFrame) {
  VideoReader reader(file_);
  reader.read(std::vector<int64_t>{63});
  EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{17}).frames[0]), 17);
  EXPECT_EQ(reader.stats().seeks, 2);
  EXPECT_EQ(reader.stats().packets_decoded, 16 + 2);
}

TEST_F(NumberedVideo, NoFramesAreAnEmptyTensor) {
  VideoReader reader(file_);
  EXPECT_EQ(reader.read({}).frames.sizes(), (std::vector<int64_t>{0, 3, 32, 64}));
}

TEST_F(NumberedVideo, IndexOutsideTheVideoIsAnInternalError) {
  VideoReader reader(file_);
  EXPECT_THROW(reader.read(std::vector<int64_t>{64}), core::InternalError);
  EXPECT_THROW(reader.read(std::vector<int64_t>{-1}), core::InternalError);
}

}  // namespace
}  // namespace retrace::data
