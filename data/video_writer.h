// Encodes RGB frames to H.264 in mp4 (libx264, yuv420p, BT.601, one thread, no B-frames).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>

namespace retrace::data {

struct VideoWriterOptions {
  double fps = 8;
  int64_t crf = 18;  // libx264 constant rate factor; lower is better
  int64_t keyframe_interval = 16;
};

// Writes `frames_FCYX` ([F, 3, Y, X] uint8 RGB; Y and X even) to `file`, whole or not at all.
// Throws DataError.
void write_video(const std::filesystem::path& file, const at::Tensor& frames_FCYX,
                 const VideoWriterOptions& options);

}  // namespace retrace::data
