// How a stored picture is turned to be shown upright. Included by data/*.cc and their tests only.
#pragma once

#include <array>
#include <cstdint>

#include "data/ffmpeg_handles.h"

namespace retrace::data {

// The shown picture is the stored one, transposed if `transpose`, then mirrored left to right if
// `flip_x` and upside down if `flip_y`.
struct Orientation {
  bool transpose = false, flip_x = false, flip_y = false;
  bool is_upright() const { return !transpose && !flip_x && !flip_y; }
};

// From a display matrix (libavutil/display.h): the eight turns and mirrorings. Upright for any
// other matrix: a turn by a fraction of 90 degrees has no size in whole pixels.
Orientation orientation_of_matrix(const std::array<int32_t, 9>& matrix);

// From the stream's display matrix; upright without one.
Orientation orientation_of(const AVStream& stream);

}  // namespace retrace::data
