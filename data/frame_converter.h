// Decoded frames of any pixel format to planar RGB. Included by data/*.cc only.
#pragma once

#include <cstdint>

#include "data/ffmpeg_handles.h"
#include "data/orientation.h"

namespace retrace::data {

// The conversion is swscale's own default, bit for bit: torchcodec, decord and PyAV all give these
// bytes for 8 bit 4:2:0 video (compared with their releases 0.17, 0.6 and 18.1), and published
// checkpoints were trained on them. (With accurate rounding and interpolated chroma, colours at
// sharp edges would be closer to the source, by up to a hundred levels from what those readers
// give.) Matrix and range come from the frame. An untagged frame is taken as BT.601 limited range
// at every size, as those readers take it.
class FrameConverter {
 public:
  explicit FrameConverter(Orientation orientation) : orientation_(orientation) {}
  // Writes [3, Y, X] bytes, RGB, upright, at the frame's own size.
  void convert(const AVFrame& frame, uint8_t* rgb_CYX);

 private:
  void prepare(const AVFrame& frame);

  Orientation orientation_;
  UniqueScale scale_;
  UniqueFrame rgb_;                                                          // packed RGB24
  int format_ = -1, width_ = 0, height_ = 0, colorspace_ = -1, range_ = -1;  // what scale_ is for
};

}  // namespace retrace::data
