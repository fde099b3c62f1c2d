#include "tests/data/video_fixtures.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "core/files.h"
#include "data/media_file.h"

namespace retrace::test {
namespace {

constexpr int64_t kBlock = 16;  // pixels
constexpr int64_t kBlocksPerRow = 4, kNumBits = 8;

at::Tensor block_of(const at::Tensor& frame_CYX, int64_t bit) {
  const int64_t y = bit / kBlocksPerRow * kBlock, x = bit % kBlocksPerRow * kBlock;
  return frame_CYX.narrow(1, y, kBlock).narrow(2, x, kBlock);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  static std::atomic<int> counter{0};
  path_ = std::filesystem::temp_directory_path() /
          fmt::format("retrace_data_test_{}_{}", getpid(), counter++);
  std::filesystem::create_directories(path_);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void run_ffmpeg(const std::string& arguments) {
  const TemporaryFolder folder;
  const std::filesystem::path log = folder / "log.txt";
  const std::string command =
      fmt::format("ffmpeg -nostdin -v error -y {} > '{}' 2>&1", arguments, log.string());
  ASSERT_EQ(std::system(command.c_str()), 0) << command << "\n" << core::read_text_file(log);
}

at::Tensor decode_with_ffmpeg(const std::filesystem::path& video, int64_t height, int64_t width,
                              const std::string& upright, const std::string& stream) {
  const TemporaryFolder folder;
  const std::filesystem::path raw = folder / "frames.rgb";
  run_ffmpeg(
      fmt::format("-noautorotate -i '{}' -map {} -fps_mode passthrough -vf "
                  "scale=flags=bicubic,format=rgb24{} -f rawvideo '{}'",
                  video.string(), stream, upright.empty() ? "" : "," + upright, raw.string()));
  const std::string bytes = core::read_text_file(raw);
  const int64_t num_frames = static_cast<int64_t>(bytes.size()) / (3 * height * width);
  at::Tensor frames_FYXC = at::empty({num_frames, height, width, 3}, at::kByte);
  EXPECT_EQ(static_cast<size_t>(frames_FYXC.nbytes()), bytes.size());
  std::memcpy(frames_FYXC.mutable_data_ptr(), bytes.data(), frames_FYXC.nbytes());
  return frames_FYXC.permute({0, 3, 1, 2}).contiguous();
}

Place place_of_packet(const std::filesystem::path& video, int64_t number) {
  data::MediaFile file(std::make_shared<data::ReadGuard>(video, data::ReadLimits{}));
  const data::UniquePacket packet(av_packet_alloc());
  for (int64_t i = 0; i <= number; ++i) EXPECT_TRUE(file.read_packet(*packet));
  return {static_cast<size_t>(packet->pos), static_cast<size_t>(packet->size)};
}

int64_t num_packets(const std::filesystem::path& video) {
  data::MediaFile file(std::make_shared<data::ReadGuard>(video, data::ReadLimits{}));
  const data::UniquePacket packet(av_packet_alloc());
  int64_t number = 0;
  while (file.read_packet(*packet)) ++number;
  return number;
}

at::Tensor smooth_frames(int64_t num_frames, int64_t height, int64_t width) {
  const at::Tensor frame = at::arange(num_frames).view({-1, 1, 1, 1});
  const at::Tensor channel = at::arange(3).view({1, 3, 1, 1});
  const at::Tensor y = at::arange(height).view({1, 1, -1, 1});
  const at::Tensor x = at::arange(width).view({1, 1, 1, -1});
  const at::Tensor light =
      128 + 50 * at::sin((x + frame) * 0.08 + channel) + 50 * at::cos((y - frame) * 0.06 - channel);
  return light.round().to(at::kByte);
}

at::Tensor numbered_frames(int64_t num_frames) {
  at::Tensor frames = at::zeros(
      {num_frames, 3, kNumBits / kBlocksPerRow * kBlock, kBlocksPerRow * kBlock}, at::kByte);
  for (int64_t i = 0; i < num_frames; ++i) {
    for (int64_t bit = 0; bit < kNumBits; ++bit)
      block_of(frames[i], bit).fill_((i >> bit & 1) * 255);
  }
  return frames;
}

int64_t number_in_frame(const at::Tensor& frame_CYX) {
  int64_t number = 0;
  for (int64_t bit = 0; bit < kNumBits; ++bit) {
    const double light = block_of(frame_CYX, bit).to(at::kDouble).mean().item<double>();
    if (light > 128) number |= int64_t{1} << bit;
  }
  return number;
}

}  // namespace retrace::test
