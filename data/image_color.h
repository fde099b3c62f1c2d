// Decoded images of any pixel format to planar RGB, byte for byte as the libraries behind Pillow do
// it. Included by data/*.cc only.
#pragma once

#include <cstdint>

#include "data/ffmpeg_handles.h"
#include "data/image_format.h"

namespace retrace::data {

// What to do with a fourth channel.
enum class AlphaRule {
  kDrop,
  kOnWhite  // Pillow's paste onto white, for RGB with alpha; palettes and grey drop it all the same
};

// Writes [3, Y, X] bytes. Throws DataError for 16-bit grey and for pixel formats that no supported
// file has.
//
//   JPEG    libjpeg: triangle filter for chroma halved in a direction, else repetition; full-range
//           BT.601 in 16-bit fixed point
//   WebP    libwebp: its 9-3-3-1 filter, limited-range BT.601 in 14-bit fixed point
//   others  each channel widened to 8 bits by v * 255 / max, 16-bit ones cut to their upper byte
void image_to_rgb(const AVFrame& frame, ImageFormat format, AlphaRule alpha, uint8_t* rgb_CYX);

}  // namespace retrace::data
