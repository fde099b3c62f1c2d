#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "data/media_file.h"
#include "data/video_reader.h"
#include "data/video_writer.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::run_ffmpeg;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;

class BrokenVideo : public ::testing::Test {
 protected:
  std::string open_error(const std::filesystem::path& file) const {
    return error_text<core::DataError>([&] { VideoReader reader(file); });
  }
  std::filesystem::path put(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  std::string read_error(VideoReader& reader, const std::vector<int64_t>& frames) const {
    return error_text<core::DataError>([&] { reader.read(frames); });
  }
  // 64 numbered frames in groups of 16, its header in front.
  std::string clip_with_header_in_front() const {
    write_video(folder_ / "whole.mp4", test::numbered_frames(64),
                {.fps = 8, .crf = 1, .keyframe_interval = 16});
    run_ffmpeg(fmt::format("-i '{0}/whole.mp4' -c copy -movflags +faststart '{0}/front.mp4'",
                           folder_.path().string()));
    return core::read_text_file(folder_ / "front.mp4");
  }

  TemporaryFolder folder_;
};

TEST_F(BrokenVideo, MissingFileIsNamed) {
  EXPECT_THAT(open_error(folder_ / "none.mp4"),
              AllOf(HasSubstr("none.mp4"), HasSubstr("no such video file")));
}

TEST_F(BrokenVideo, FolderIsNoVideo) {
  EXPECT_THAT(open_error(folder_.path()), HasSubstr("expected a video file, found a folder"));
}

TEST_F(BrokenVideo, PipeIsRefusedInsteadOfWaitedFor) {
  ASSERT_EQ(mkfifo((folder_ / "pipe.mp4").c_str(), 0600), 0);
  EXPECT_THAT(open_error(folder_ / "pipe.mp4"), HasSubstr("found a special file"));
}

TEST_F(BrokenVideo, EmptyFileIsNamed) {
  EXPECT_THAT(open_error(put("empty.mp4", "")),
              AllOf(HasSubstr("empty.mp4"), HasSubstr("is empty (0 bytes)")));
}

TEST_F(BrokenVideo, TextFileIsNoVideo) {
  EXPECT_THAT(open_error(put("text.mp4", std::string(5000, 'x') + "\nnot a video\n")),
              AllOf(HasSubstr("text.mp4"), HasSubstr("cannot be read as a video")));
}

TEST_F(BrokenVideo, PlaylistDoesNotOpenOtherFiles) {
  write_video(folder_ / "other.mp4", test::numbered_frames(2), {});
  const std::string playlist =
      "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mp4\n#EXT-X-ENDLIST\n";
  EXPECT_THAT(open_error(put("list.mp4", playlist)), HasSubstr("cannot be read as a video"));
  EXPECT_THAT(open_error(put("concat.mp4", "ffconcat version 1.0\nfile other.mp4\n")),
              HasSubstr("cannot be read as a video"));
}

TEST_F(BrokenVideo, AudioFileHasNoVideoStream) {
  run_ffmpeg(
      fmt::format("-f lavfi -i sine=duration=0.2 -c:a aac '{}'", (folder_ / "sound.mp4").string()));
  EXPECT_THAT(open_error(folder_ / "sound.mp4"),
              HasSubstr("has no video stream (found 1 other stream)"));
}

TEST_F(BrokenVideo, CoverPictureOfMusicIsNoVideoStream) {
  run_ffmpeg(fmt::format(
      "-f lavfi -i sine=duration=0.2 -f lavfi -i color=size=32x32:rate=1:duration=1 -map 0 -map 1 "
      "-c:a aac -c:v mjpeg -disposition:v attached_pic '{}'",
      (folder_ / "music.m4a").string()));
  EXPECT_THAT(open_error(folder_ / "music.m4a"), HasSubstr("has no video stream"));
}

TEST_F(BrokenVideo, StreamWithoutFramesIsAnError) {
  run_ffmpeg(fmt::format("-f lavfi -i color=size=32x32:duration=1 -frames:v 0 -c:v mpeg4 '{}'",
                         (folder_ / "none.mkv").string()));
  EXPECT_THAT(open_error(folder_ / "none.mkv"), HasSubstr("none.mkv"));
}

TEST_F(BrokenVideo, FileWithoutItsHeaderCannotBeRead) {
  write_video(folder_ / "whole.mp4", test::numbered_frames(64), {});
  const std::string bytes = core::read_text_file(folder_ / "whole.mp4");
  EXPECT_THAT(open_error(put("cut.mp4", bytes.substr(0, bytes.size() / 2))),
              AllOf(HasSubstr("cut.mp4"), HasSubstr("is it complete")));
}

TEST_F(BrokenVideo, CutFileGivesWhatItHasAndAnErrorForTheRest) {
  const std::string bytes = clip_with_header_in_front();
  const auto [begin, size] = test::place_of_packet(folder_ / "front.mp4", 40);
  VideoReader reader(put("cut.mp4", bytes.substr(0, begin + size / 2)));
  ASSERT_EQ(reader.info().num_frames, 64);
  EXPECT_DOUBLE_EQ(reader.info().duration_seconds, 8);
  const std::vector<int64_t> readable = {0, 7, 39};
  const VideoFrames read = reader.read(readable);
  for (size_t i = 0; i < readable.size(); ++i) {
    EXPECT_EQ(test::number_in_frame(read.frames[static_cast<int64_t>(i)]), readable[i]);
  }
  EXPECT_THAT(read_error(reader, {3, 40}),
              HasSubstr("cut.mp4: frame 40 of 64 (at 5.000 s) cannot be decoded"));
  EXPECT_THAT(read_error(reader, {3, 41}),
              HasSubstr("frame 41 of 64 (at 5.125 s) cannot be decoded: the file ends"));
  EXPECT_THAT(read_error(reader, {63}), HasSubstr("the file ends before it"));
  EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{5}).frames[0]),
            5);  // still of use
}

TEST_F(BrokenVideo, FileCutBetweenPacketsDoesNotPassAsAShorterOne) {
  const std::string bytes = clip_with_header_in_front();
  const auto [begin, size] = test::place_of_packet(folder_ / "front.mp4", 40);
  VideoReader reader(put("cut.mp4", bytes.substr(0, begin + size)));
  EXPECT_EQ(reader.info().num_frames, 64);
  EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{40}).frames[0]), 40);
  EXPECT_THAT(read_error(reader, {41}), HasSubstr("the file ends before it"));
}

TEST_F(BrokenVideo, DamageIsAnErrorUpToTheNextKeyframe) {
  std::string bytes = clip_with_header_in_front();
  const auto [begin, size] = test::place_of_packet(folder_ / "front.mp4", 20);
  for (size_t i = size / 4; i < size; ++i) bytes[begin + i] = static_cast<char>(37 * i);
  VideoReader reader(put("damaged.mp4", bytes));
  ASSERT_EQ(reader.info().num_frames, 64);
  for (const int64_t frame : {0, 15, 16, 19, 32, 63}) {
    EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{frame}).frames[0]), frame);
  }
  for (const int64_t frame : {20, 21, 31}) {
    EXPECT_THAT(read_error(reader, {frame}),
                HasSubstr(fmt::format("damaged.mp4: frame {} of 64", frame)));
  }
}

TEST_F(BrokenVideo, ChangeOfSizeIsAnError) {
  for (const char* size : {"32x32", "64x48"}) {
    run_ffmpeg(
        fmt::format("-f lavfi -i testsrc2=size={}:rate=10:duration=1 -c:v libx264 '{}/{}.ts'", size,
                    folder_.path().string(), size));
  }
  const std::filesystem::path joined =
      put("joined.ts",
          core::read_text_file(folder_ / "32x32.ts") + core::read_text_file(folder_ / "64x48.ts"));
  VideoReader reader(joined);
  std::vector<int64_t> all;
  for (int64_t i = 0; i < reader.info().num_frames; ++i) all.push_back(i);
  EXPECT_THAT(read_error(reader, all),
              HasSubstr("joined.ts: frame 10 is 64 x 48 pixels, expected 32 x 32"));
}

TEST_F(BrokenVideo, ReadingForTooLongIsAnError) {
  write_video(folder_ / "whole.mp4", test::numbered_frames(4), {});
  EXPECT_THAT(
      error_text<core::DataError>(
          [&] { VideoReader(folder_ / "whole.mp4", ReadLimits{.deadline_seconds = 1e-9}); }),
      AllOf(HasSubstr("whole.mp4"), HasSubstr("longer than 1e-09 s (video.deadline_seconds)")));
}

}  // namespace
}  // namespace retrace::data
