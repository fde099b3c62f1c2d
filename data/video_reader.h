// Reads chosen frames of a video file through FFmpeg, one thread a file.
//
// Frames are counted in presentation order, from 0. Targets are visited in sorted order and the
// file is decoded forward; a seek happens only when the next target lies in a later group of
// pictures, so no packet is decoded twice. Colours become RGB at the stream's own size
// (data/frame_converter.h), upright as the file's display matrix says. Pixels that are not square
// stay as they are stored, and interlaced frames stay woven: as the reference readers have it
// (docs/video_files.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "data/read_limits.h"

namespace retrace::data {

struct VideoInfo {
  int64_t num_frames =
      0;  // counted from the packets, not from a header field; frames that an mp4 lists but lost
          // its end before count too, so that a cut file does not pass as a shorter one
  int64_t num_readable_frames = 0;  // those before the first one that lies beyond the file's end
  bool is_cut_off = false;          // shorter than it says, or unreadable from some place on
  double fps = 0;                   // average frames per second: Note [Frames per second]
  double duration_seconds = 0;
  int64_t width = 0, height = 0;  // pixels, upright
};

// Note [Frames per second]
// The average rate that the container states, if the timestamps agree with it within 1 %: an exact
// fraction (30000/1001) where timestamps are rounded. Otherwise (variable frame rate, a wrong
// header) frames / (end of the last frame - start of the first). Without timestamps the stated
// rate, and 25 if there is none.

struct VideoFrames {
  at::Tensor frames;                   // [F, C=3, Y, X] uint8, RGB
  std::vector<int64_t> frame_indices;  // [F] which they are
  std::vector<double> pts_seconds;     // [F] since the first frame
};

// What becomes of frames that cannot be decoded.
enum class Undecodable {
  kThrow,
  kLeaveOut  // the others come back, in order
};

// What reading cost; tests assert on work not done.
struct DecodeStats {
  int64_t seeks = 0;
  int64_t packets_decoded = 0;
};

class VideoReader {
 public:
  // Opens the file and indexes its packets without decoding. Throws DataError (with the path) for a
  // missing file, a file that is no video, a file without a video stream or without frames, and for
  // a limit passed, here and in read().
  explicit VideoReader(const std::filesystem::path& file, const ReadLimits& limits = {});
  ~VideoReader();

  const VideoInfo& info() const;
  // When each frame is shown, in seconds since the first. [num_frames]
  std::vector<double> pts_seconds() const;
  // Frames in the order asked for; an index may repeat. Throws InternalError for an index outside
  // [0, num_frames), DataError for a frame that cannot be decoded (with kThrow) or whose size is
  // not the stream's.
  VideoFrames read(std::span<const int64_t> frame_indices,
                   Undecodable undecodable = Undecodable::kThrow);
  const DecodeStats& stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
