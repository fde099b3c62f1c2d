// Decoded frames of any pixel format to planar RGB. Included by data/*.cc only.
#pragma once

#include <cstdint>

#include "data/ffmpeg_handles.h"
#include "data/orientation.h"

namespace retrace::data {

// The conversion is swscale's bicubic chroma upsampling with accurate rounding. Matrix and range
// come from the frame. An untagged frame is taken as BT.601 limited range at every size, because
// that is what swscale's own default does, and with it the readers that published checkpoints were
// trained with.
class FrameConverter {
 public:
  explicit FrameConverter(Orientation orientation) : orientation_(orientation) {}
  // Writes [3, Y, X] bytes, RGB, upright, at the frame's own size.
  void convert(const AVFrame& frame, uint8_t* rgb_CYX);

 private:
  void prepare(const AVFrame& frame);

  Orientation orientation_;
  UniqueScale scale_;
  UniqueFrame rgb_;                                                          // RGB24 or planar GBRP
  int format_ = -1, width_ = 0, height_ = 0, colorspace_ = -1, range_ = -1;  // what scale_ is for
};

}  // namespace retrace::data
