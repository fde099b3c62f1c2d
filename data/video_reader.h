// Reads chosen frames of a video file through FFmpeg, one thread a file.
//
// Frames are counted in presentation order, from 0. Targets are visited in sorted order and the
// file is decoded forward; a seek happens only when the next target lies in a later group of
// pictures, so no packet is decoded twice. Colours become RGB at the stream's own size (swscale,
// accurate rounding).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace retrace::data {

struct VideoInfo {
  int64_t num_frames =
      0;  // counted from the packets, not from a header field; frames that an mp4 lists but lost
          // its end before count too, so that a cut file does not pass as a shorter one
  double fps = 0;  // average frames per second
  double duration_seconds = 0;
  int64_t width = 0, height = 0;  // pixels
};

struct VideoFrames {
  at::Tensor frames;                // [F, C=3, Y, X] uint8, RGB
  std::vector<double> pts_seconds;  // [F] since the first frame
};

// What reading cost; tests assert on work not done.
struct DecodeStats {
  int64_t seeks = 0;
  int64_t packets_decoded = 0;
};

class VideoReader {
 public:
  // Opens the file and indexes its packets without decoding. Throws DataError (with the path) for a
  // missing file, a file that is no video, a file without a video stream or without frames.
  explicit VideoReader(const std::filesystem::path& file);
  ~VideoReader();

  const VideoInfo& info() const;
  // Frames in the order asked for; an index may repeat. Throws InternalError for an index outside
  // [0, num_frames), DataError for a frame that cannot be decoded.
  VideoFrames read(std::span<const int64_t> frame_indices);
  const DecodeStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
