#include "data/video_writer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/files.h"
#include "data/video_reader.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

at::Tensor read_all(const std::filesystem::path& file) {
  VideoReader reader(file);
  std::vector<int64_t> indices(static_cast<size_t>(reader.info().num_frames));
  std::iota(indices.begin(), indices.end(), 0);
  return reader.read(indices).frames;
}

double psnr_db(const at::Tensor& a, const at::Tensor& b) {
  const double mse = (a.to(at::kDouble) - b.to(at::kDouble)).square().mean().item<double>();
  return 10 * std::log10(255.0 * 255.0 / mse);
}

class VideoWriter : public ::testing::Test {
 protected:
  std::string write_error(const at::Tensor& frames, const VideoWriterOptions& options) const {
    return error_text<core::DataError>([&] { write_video(file_, frames, options); });
  }
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "clip.mp4";
};

TEST_F(VideoWriter, SmoothContentComesBackCloseToWhatItWas) {
  const at::Tensor frames = test::smooth_frames(48, 56, 84);
  write_video(file_, frames, {});
  const at::Tensor back = read_all(file_);
  ASSERT_EQ(back.sizes(), frames.sizes());
  EXPECT_GT(psnr_db(back, frames), 38);
}

TEST_F(VideoWriter, LowerCrfIsCloserAndLarger) {
  const at::Tensor frames = test::smooth_frames(16, 56, 84);
  write_video(folder_ / "fine.mp4", frames, {.crf = 5});
  write_video(folder_ / "coarse.mp4", frames, {.crf = 35});
  EXPECT_GT(psnr_db(read_all(folder_ / "fine.mp4"), frames),
            psnr_db(read_all(folder_ / "coarse.mp4"), frames) + 3);
  EXPECT_GT(std::filesystem::file_size(folder_ / "fine.mp4"),
            std::filesystem::file_size(folder_ / "coarse.mp4"));
}

TEST_F(VideoWriter, EveryFrameIsInItsPlace) {
  write_video(file_, test::numbered_frames(100), {.fps = 12.5});
  const at::Tensor back = read_all(file_);
  ASSERT_EQ(back.size(0), 100);
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(test::number_in_frame(back[i]), i);
}

TEST_F(VideoWriter, FlatColoursKeepTheirHue) {
  const int64_t colours[][3] = {{255, 0, 0},     {0, 255, 0}, {0, 0, 255},
                                {255, 255, 255}, {0, 0, 0},   {90, 160, 30}};
  for (const auto& colour : colours) {
    const at::Tensor frames = at::tensor({colour[0], colour[1], colour[2]})
                                  .to(at::kByte)
                                  .view({1, 3, 1, 1})
                                  .repeat({2, 1, 32, 32});
    write_video(file_, frames, {.crf = 1});
    EXPECT_LE((read_all(file_).to(at::kInt) - frames.to(at::kInt)).abs().max().item<int64_t>(), 3)
        << colour[0] << ' ' << colour[1] << ' ' << colour[2];
  }
}

TEST_F(VideoWriter, OtherProgramsReadTheSameColours) {
  write_video(file_, test::smooth_frames(8, 56, 84), {});
  EXPECT_TRUE(at::equal(read_all(file_), test::decode_with_ffmpeg(file_, 56, 84)));
}

TEST_F(VideoWriter, RateMayBeAFraction) {
  write_video(file_, test::smooth_frames(30, 32, 32), {.fps = 30000.0 / 1001});
  EXPECT_DOUBLE_EQ(VideoReader(file_).info().fps, 30000.0 / 1001);
}

TEST_F(VideoWriter, SameFramesGiveTheSameBytes) {
  const at::Tensor frames = test::smooth_frames(8, 32, 32);
  write_video(folder_ / "a.mp4", frames, {});
  write_video(folder_ / "b.mp4", frames, {});
  EXPECT_EQ(core::read_text_file(folder_ / "a.mp4"), core::read_text_file(folder_ / "b.mp4"));
}

TEST_F(VideoWriter, StridedFramesAreWrittenAsTheyLook) {
  const at::Tensor frames = test::smooth_frames(4, 32, 48);
  write_video(file_, frames.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2}), {});
  EXPECT_GT(psnr_db(read_all(file_), frames), 38);
}

TEST_F(VideoWriter, OddSidesAreRefused) {
  EXPECT_THAT(write_error(test::smooth_frames(1, 32, 33), {}),
              AllOf(HasSubstr("clip.mp4"), HasSubstr("33 x 32")));
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(VideoWriter, OptionsOutOfRangeAreRefused) {
  const at::Tensor frames = test::smooth_frames(1, 32, 32);
  EXPECT_THAT(write_error(frames, {.fps = 0}), HasSubstr("fps must be in [0.01, 1000], is 0"));
  EXPECT_THAT(write_error(frames, {.fps = std::nan("")}), HasSubstr("fps must be"));
  EXPECT_THAT(write_error(frames, {.crf = 52}), HasSubstr("crf must be in [0, 51], is 52"));
  EXPECT_THAT(write_error(frames, {.keyframe_interval = 0}),
              HasSubstr("keyframe_interval must be"));
  EXPECT_THAT(write_error(frames.narrow(0, 0, 0), {}), HasSubstr("it has no frames"));
}

TEST_F(VideoWriter, WrongTensorIsAnInternalError) {
  EXPECT_THROW(write_video(file_, at::zeros({1, 4, 32, 32}, at::kByte), {}), core::InternalError);
  EXPECT_THROW(write_video(file_, at::zeros({1, 3, 32, 32}), {}), core::InternalError);
}

TEST_F(VideoWriter, FolderThatDoesNotExistIsNamed) {
  file_ = folder_ / "none" / "clip.mp4";
  EXPECT_THAT(write_error(test::smooth_frames(1, 32, 32), {}), HasSubstr("none/clip.mp4"));
}

TEST_F(VideoWriter, NothingButTheClipIsLeftBehind) {
  write_video(file_, test::smooth_frames(2, 32, 32), {});
  const std::filesystem::directory_iterator entries(folder_.path());
  EXPECT_EQ(std::distance(begin(entries), end(entries)), 1);
}

}  // namespace
}  // namespace retrace::data
