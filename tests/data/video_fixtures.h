// Clips made at test time: by hand, or with the ffmpeg program, which is also the second opinion on
// what is in them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace retrace::test {

// A folder of its own for every instance, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Runs `ffmpeg <arguments>` and fails the test with what it printed if it fails.
void run_ffmpeg(const std::string& arguments);

// Every frame of `video`, decoded from the first to the last by the ffmpeg program. [F, 3, Y, X]
// uint8
// `upright`: a filter that turns the frames after the change to RGB, empty for none; [Y, X] is the
// size after it. `stream` as in ffmpeg's -map.
at::Tensor decode_with_ffmpeg(const std::filesystem::path& video, int64_t height, int64_t width,
                              const std::string& upright = "", const std::string& stream = "0:v:0");

// Where the data of a packet of the video stream lies, in bytes; packets count from 0.
struct Place {
  size_t begin, size;
};
Place place_of_packet(const std::filesystem::path& video, int64_t number);
int64_t num_packets(const std::filesystem::path& video);

// Smooth moving colours. [F, 3, Y, X] uint8
at::Tensor smooth_frames(int64_t num_frames, int64_t height, int64_t width);

// Frame i shows the number i as eight black or white blocks: what survives any compression. [F, 3,
// 32, 64] uint8
at::Tensor numbered_frames(int64_t num_frames);
int64_t number_in_frame(const at::Tensor& frame_CYX);

}  // namespace retrace::test
