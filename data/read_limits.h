// What reading one video file may cost.
#pragma once

#include <cstdint>

namespace retrace::data {

// The recipe keys of the same names in section `video`.
struct ReadLimits {
  double deadline_seconds = 120;            // time spent inside the reader, a file
  int64_t max_source_pixels = 8192 * 8192;  // of one frame as stored
  int64_t max_packets = 1 << 22;            // 19 hours at 60 frames a second
};

// Throws ConfigError for the first limit out of its range.
void validate(const ReadLimits& limits);

}  // namespace retrace::data
