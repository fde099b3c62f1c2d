// Memory for the frames of one clip.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace retrace::data {

// [num_frames, 3, height, width] uint8, not initialised. From 2 MB on it asks for huge pages:
// a clip that is only copied from the frame cache costs more in faults of fresh 4 KB pages (850 for
// 3.4 MB, about 2 us each) than in reading and verifying it. Throws std::bad_alloc.
at::Tensor empty_frames(int64_t num_frames, int64_t height, int64_t width);

}  // namespace retrace::data
