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
using ::testing::StartsWith;

class BrokenVideo : public ::testing::Test {
 protected:
  std::string open_error(const std::filesystem::path& file) const {
    return error_text<core::DataError>([&] { VideoReader reader(file); });
  }
  std::filesystem::path put(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
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

TEST_F(BrokenVideo, TruncatedFileGivesWhatItHasAndAnErrorForTheRest) {
  const std::string bytes = clip_with_header_in_front();
  VideoReader reader(put("cut.mp4", bytes.substr(0, bytes.size() * 7 / 10)));
  const int64_t num_frames = reader.info().num_frames;
  ASSERT_GT(num_frames, 16);
  ASSERT_LT(num_frames, 64);
  const std::vector<int64_t> readable = {0, 7, num_frames - 2};
  const VideoFrames read = reader.read(readable);
  for (size_t i = 0; i < readable.size(); ++i) {
    EXPECT_EQ(test::number_in_frame(read.frames[static_cast<int64_t>(i)]), readable[i]);
  }
  const std::vector<int64_t> cut = {3, num_frames - 1};
  EXPECT_THAT(error_text<core::DataError>([&] { reader.read(cut); }),
              AllOf(HasSubstr("cut.mp4: frame " + std::to_string(num_frames - 1) + " of"),
                    HasSubstr(" s) cannot be decoded")));
  EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{5}).frames[0]),
            5);  // still of use
}

TEST_F(BrokenVideo, DamageIsAnErrorUpToTheNextKeyframe) {
  std::string bytes = clip_with_header_in_front();
  const VideoReader whole(folder_ / "front.mp4");
  // Inside the payload of the second group of pictures: groups are equally large, and follow the
  // header.
  const size_t payload = bytes.find("mdat") + 4;
  const size_t middle = payload + (bytes.size() - payload) * 3 / 8;
  for (size_t i = 0; i < 60; ++i) bytes[middle + i] = static_cast<char>(37 * i);
  VideoReader reader(put("damaged.mp4", bytes));
  ASSERT_EQ(reader.info().num_frames, 64);
  for (const int64_t frame : {0, 15, 16, 32, 63}) {
    EXPECT_EQ(test::number_in_frame(reader.read(std::vector<int64_t>{frame}).frames[0]), frame);
  }
  EXPECT_THAT(error_text<core::DataError>([&] { reader.read(std::vector<int64_t>{31}); }),
              HasSubstr("damaged.mp4: frame 31 of 64 (at 3.875 s) cannot be decoded"));
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
  EXPECT_THAT(error_text<core::DataError>([&] { reader.read(all); }), StartsWith(joined.string()));
}

TEST_F(BrokenVideo, StalledReadIsAnErrorAfterTheDeadline) {
  write_video(folder_ / "whole.mp4", test::numbered_frames(4), {});
  EXPECT_THAT(error_text<core::DataError>(
                  [&] { MediaFile(folder_ / "whole.mp4", std::chrono::milliseconds(0)); }),
              AllOf(HasSubstr("whole.mp4"), HasSubstr("no data came for 0 s")));
}

}  // namespace
}  // namespace retrace::data
