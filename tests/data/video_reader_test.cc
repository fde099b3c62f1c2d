#include "data/video_reader.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "core/error.h"
#include "data/video_writer.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::decode_with_ffmpeg;
using test::run_ffmpeg;
using test::TemporaryFolder;

constexpr int64_t kHeight = 48, kWidth = 64;

std::vector<int64_t> all_frames(const VideoReader& reader) {
  std::vector<int64_t> indices(static_cast<size_t>(reader.info().num_frames));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

int64_t max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kInt) - b.to(at::kInt)).abs().max().item<int64_t>();
}

// ---------------------------------------------------------------------------------------------------------------
// Every kind of file against a full sequential decode by the ffmpeg program
// ---------------------------------------------------------------------------------------------------------------
struct Recipe {
  std::string name;
  std::string file;
  std::string arguments;    // after the input, before the output
  std::string second_pass;  // arguments of a second run over the first one's output; empty: none
};

std::ostream& operator<<(std::ostream& out, const Recipe& recipe) {
  return out << recipe.name;
}

const std::string kX264 = "-c:v libx264 -preset veryfast ";

class AnyVideo : public ::testing::TestWithParam<Recipe> {
 protected:
  void SetUp() override {
    const Recipe& recipe = GetParam();
    file_ = folder_ / recipe.file;
    const std::filesystem::path first =
        recipe.second_pass.empty() ? file_ : folder_ / ("first_" + recipe.file);
    run_ffmpeg(fmt::format("-f lavfi -i testsrc2=size={}x{}:rate=30:duration=2 {} '{}'", kWidth,
                           kHeight, recipe.arguments, first.string()));
    if (!recipe.second_pass.empty()) {
      const auto split = recipe.second_pass.find('|');  // options before and after the input
      run_ffmpeg(fmt::format("{} -i '{}' {} '{}'", recipe.second_pass.substr(0, split),
                             first.string(), recipe.second_pass.substr(split + 1), file_.string()));
    }
    expected_ = decode_with_ffmpeg(file_, kHeight, kWidth);
    ASSERT_GT(expected_.size(0), 10);
  }

  void expect_all_frames_in_one_read() const {
    VideoReader reader(file_);
    ASSERT_EQ(reader.info().num_frames, expected_.size(0));
    EXPECT_EQ(reader.info().width, kWidth);
    EXPECT_EQ(reader.info().height, kHeight);
    const VideoFrames read = reader.read(all_frames(reader));
    EXPECT_TRUE(at::equal(read.frames, expected_))
        << "largest difference " << max_difference(read.frames, expected_);
    EXPECT_TRUE(std::is_sorted(read.pts_seconds.begin(), read.pts_seconds.end()));
    EXPECT_EQ(read.pts_seconds.front(), 0);
    constexpr int64_t kCutAwayButNeeded = 12;
    EXPECT_LE(reader.stats().packets_decoded, reader.info().num_frames + kCutAwayButNeeded);
  }

  void expect_frames_three_at_a_time_in_random_order() const {
    VideoReader reader(file_);
    std::vector<int64_t> order = all_frames(reader);
    std::mt19937 generator(7);
    std::shuffle(order.begin(), order.end(), generator);
    for (size_t begin = 0; begin + 3 <= order.size(); begin += 3) {
      const std::vector<int64_t> some(order.begin() + begin, order.begin() + begin + 3);
      const VideoFrames read = reader.read(some);
      for (size_t i = 0; i < some.size(); ++i) {
        const at::Tensor frame_CYX = read.frames[static_cast<int64_t>(i)];
        ASSERT_TRUE(at::equal(frame_CYX, expected_[some[i]]))
            << "frame " << some[i] << ", largest difference "
            << max_difference(frame_CYX, expected_[some[i]]);
      }
    }
  }

  TemporaryFolder folder_;
  std::filesystem::path file_;
  at::Tensor expected_;
};

// One test, because making the file takes longest.
TEST_P(AnyVideo, ChosenFramesEqualASequentialDecode) {
  expect_all_frames_in_one_read();
  expect_frames_three_at_a_time_in_random_order();
}

INSTANTIATE_TEST_SUITE_P(
    Formats, AnyVideo,
    ::testing::Values(
        Recipe{"BFrames", "a.mp4", kX264 + "-g 12 -bf 3", ""},
        Recipe{"OpenGop", "a.mp4",
               kX264 + "-x264-params open-gop=1:bframes=3:keyint=12:min-keyint=12:scenecut=0", ""},
        Recipe{"GopOfOne", "a.mp4", kX264 + "-g 1", ""},
        Recipe{"OneLongGop", "a.mkv", kX264 + "-g 1000 -bf 2", ""},
        Recipe{"IntraRefresh", "a.mp4", kX264 + "-x264-params intra-refresh=1:keyint=12:bframes=0",
               ""},
        Recipe{"VariableFrameRate", "a.mp4",
               kX264 + "-g 12 -vf select='not(mod(n\\,3))+gt(n\\,40)' -fps_mode vfr", ""},
        Recipe{"Matroska", "a.mkv", kX264 + "-g 12 -bf 2", ""},
        Recipe{"TransportStream", "a.ts", kX264 + "-g 12 -bf 2", ""},
        Recipe{"RawH264WithoutTimestamps", "a.h264", kX264 + "-g 12 -bf 2", ""},
        Recipe{"AviMpeg4", "a.avi", "-c:v mpeg4 -q:v 3 -g 12", ""},
        Recipe{"AviMpeg4BFrames", "a.avi", "-c:v mpeg4 -q:v 3 -g 12 -bf 2", ""},
        Recipe{"MotionJpegFullRange", "a.mov", "-c:v mjpeg -q:v 3", ""},
        Recipe{"Bt709TenBit", "a.mp4",
               kX264 + "-vf scale=out_color_matrix=bt709 -pix_fmt yuv420p10le -colorspace bt709",
               ""},
        Recipe{"EditListIntoAGop", "a.mp4", kX264 + "-g 12 -bf 2", "-ss 0.61 | -c copy"},
        Recipe{"CutTransportStream", "a.ts", kX264 + "-g 12 -bf 2",
               " | -c copy -bsf:v noise=drop='lt(n\\,5)'"},
        Recipe{"HevcOpenGop", "a.mp4",
               "-c:v libx265 -preset ultrafast -x265-params "
               "log-level=0:keyint=12:bframes=3:open-gop=1",
               ""},
        Recipe{"Vp9", "a.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -g 12", ""}),
    [](const auto& made) { return made.param.name; });

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
