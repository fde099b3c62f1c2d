// Every kind of video file that people have, made with the ffmpeg program and read. The outcome is
// the table of docs/video_files.md; RETRACE_WRITE_PAGES=1 in the environment writes it there.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>

#include "core/error.h"
#include "core/files.h"
#include "data/clip.h"
#include "data/video_reader.h"
#include "tests/data/error_text.h"
#include "tests/data/video_kinds.h"

namespace retrace::data {
namespace {

using test::Expected;
using test::TemporaryFolder;
using test::VideoKind;
using ::testing::HasSubstr;

constexpr const char* kBegin = "<!-- Written by video_kinds_test. -->\n";
constexpr const char* kEnd = "<!-- End of what video_kinds_test wrote. -->\n";

struct Outcome {
  std::string frames = "-", size = "-", fps = "-", what;
};

std::vector<int64_t> first_frames(int64_t count) {
  std::vector<int64_t> indices(static_cast<size_t>(count));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

FrameOptions many_frames(bool allow_partial) {
  FrameOptions options;
  options.sampler = {.rule = SamplingRule::kLinspaceFloor, .num_frames = 45};
  options.min_pixels = 1;
  options.allow_partial = allow_partial;
  return options;
}

void expect_equal(const at::Tensor& frame_CYX, const at::Tensor& expected_CYX, int64_t number) {
  ASSERT_EQ(frame_CYX.sizes(), expected_CYX.sizes());
  EXPECT_TRUE(at::equal(frame_CYX, expected_CYX))
      << "frame " << number << ", largest difference "
      << (frame_CYX.to(at::kInt) - expected_CYX.to(at::kInt)).abs().max().item<int64_t>();
}

// Every frame as a sequential decode gives it: in one read, and three at a time in random order.
void expect_frames(const std::filesystem::path& file, const at::Tensor& expected) {
  VideoReader reader(file);
  ASSERT_EQ(reader.info().num_frames, expected.size(0));
  std::vector<int64_t> order = first_frames(reader.info().num_frames);
  const VideoFrames all = reader.read(order);
  for (const int64_t i : order) expect_equal(all.frames[i], expected[i], i);
  EXPECT_TRUE(std::is_sorted(all.pts_seconds.begin(), all.pts_seconds.end()));
  constexpr int64_t kCutAwayButNeeded = 12;
  EXPECT_LE(reader.stats().packets_decoded, reader.info().num_frames + kCutAwayButNeeded);
  std::mt19937 generator(7);
  std::shuffle(order.begin(), order.end(), generator);
  const size_t num_read = std::min<size_t>(order.size() / 3 * 3, 60);
  for (size_t begin = 0; begin < num_read; begin += 3) {
    const std::vector<int64_t> some(order.begin() + begin, order.begin() + begin + 3);
    const VideoFrames read = reader.read(some);
    for (int64_t i = 0; i < 3; ++i) expect_equal(read.frames[i], expected[some[i]], some[i]);
  }
}

// Long files: eight frames cost eight groups of pictures at most.
void expect_little_work(const std::filesystem::path& file) {
  constexpr int64_t kLongestGroup = 60;
  VideoReader reader(file);
  const int64_t last = reader.info().num_frames - 1;
  std::vector<int64_t> eight;
  for (int64_t i = 0; i < 8; ++i) eight.push_back(i * last / 7);
  reader.read(eight);
  if (last > 1000) {
    EXPECT_LE(reader.stats().packets_decoded, 8 * kLongestGroup);
  }
}

Outcome describe(const VideoInfo& info) {
  return {.frames = fmt::format("{}", info.num_frames),
          .size = fmt::format("{} x {}", info.width, info.height),
          .fps = fmt::format("{:.6g}", info.fps),
          .what = ""};
}

Outcome try_exact(const VideoKind& kind, const std::filesystem::path& file) {
  const VideoInfo info = VideoReader(file).info();
  const at::Tensor expected =
      test::decode_with_ffmpeg(file, info.height, info.width, kind.upright, kind.ffmpeg_stream);
  expect_frames(file, expected);
  expect_little_work(file);
  EXPECT_TRUE(load_clip(file, many_frames(false)).partial.is_whole());
  Outcome outcome = describe(info);
  outcome.what = "exact";
  return outcome;
}

std::string error_without_path(const VideoKind& kind, const std::filesystem::path& file) {
  const std::string error =
      test::error_text<core::DataError>([&] { load_clip(file, many_frames(false)); });
  EXPECT_THAT(error, HasSubstr(kind.error));
  const std::string path = file.string() + ": ";
  EXPECT_EQ(error.substr(0, path.size()), path);
  return "error: " + error.substr(std::min(error.size(), path.size()));
}

// What comes back of a broken file equals the frames of the whole one.
Outcome try_partial(const VideoKind& kind, const std::filesystem::path& file,
                    const std::filesystem::path& whole) {
  VideoReader reader(file);
  const VideoInfo info = reader.info();
  const at::Tensor expected = test::decode_with_ffmpeg(whole, info.height, info.width);
  const VideoFrames read =
      reader.read(first_frames(info.num_readable_frames), Undecodable::kLeaveOut);
  for (size_t i = 0; i < read.frame_indices.size(); ++i) {
    const int64_t number = read.frame_indices[i];
    expect_equal(read.frames[static_cast<int64_t>(i)], expected[number], number);
  }
  EXPECT_GT(read.frames.size(0), 4);
  EXPECT_LT(read.frames.size(0), expected.size(0));
  const ClipFrames clip = load_clip(file, many_frames(true));
  EXPECT_FALSE(clip.partial.is_whole());
  EXPECT_EQ(clip.frames.size(0) + clip.partial.num_left_out, 45);
  Outcome outcome = describe(info);
  outcome.what = fmt::format("{}. With `allow_partial`: {} of its {} frames, exact",
                             error_without_path(kind, file), read.frames.size(0), expected.size(0));
  return outcome;
}

Outcome try_kind(const VideoKind& kind) {
  const TemporaryFolder folder;
  kind.make(folder);
  const std::filesystem::path file = folder / kind.file;
  switch (kind.expected) {
    case Expected::kExact:
      return try_exact(kind, file);
    case Expected::kError:
      return {.what = error_without_path(kind, file)};
    case Expected::kPartial:
      return try_partial(kind, file, folder / ("whole_" + kind.file));
  }
  return {};
}

std::string make_tables() {
  std::string page;
  for (const test::VideoKindGroup& group : test::video_kinds()) {
    page += fmt::format(
        "\n### {}\n\n| file | frames | size | frames a second | what happens |\n"
        "|---|---|---|---|---|\n",
        group.title);
    for (const VideoKind& kind : group.kinds) {
      SCOPED_TRACE(kind.title);
      Outcome outcome;
      try {
        outcome = try_kind(kind);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      page += fmt::format("| {} | {} | {} | {} | {} |\n", kind.title, outcome.frames, outcome.size,
                          outcome.fps, outcome.what);
    }
  }
  return page + "\n";
}

TEST(VideoKinds, AreReadAsThePageSays) {
  const std::filesystem::path file =
      std::filesystem::path(RETRACE_SOURCE_DIR) / "docs" / "video_files.md";
  const std::string page = core::read_text_file(file);
  const size_t begin = page.find(kBegin), end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const size_t first = begin + std::string(kBegin).size();
  const std::string tables = make_tables();
  if (std::getenv("RETRACE_WRITE_PAGES") != nullptr) {
    std::ofstream(file) << page.substr(0, first) << tables << page.substr(end);
    return;
  }
  EXPECT_EQ(page.substr(first, end - first), tables)
      << "the outcome differs from " << file.string()
      << "; if it is right, RETRACE_WRITE_PAGES=1 video_kinds_test writes it";
}

}  // namespace
}  // namespace retrace::data
