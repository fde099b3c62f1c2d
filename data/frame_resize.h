// The size that a frame is brought to, and the resampling.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace retrace::data {

struct FrameSize {
  int64_t height, width;  // pixels
};

// Qwen's smart_resize: both sides rounded (half to even) to multiples of `factor`, area within
// [min, max]. Throws DataError for an aspect ratio above 200.
FrameSize smart_resize(int64_t height, int64_t width, int64_t factor, int64_t min_pixels,
                       int64_t max_pixels);

// Antialiased bicubic on uint8 (float32 inside, clamped, rounded), equal to torchvision's within 1
// level. Frames of the right size come back as they are.
at::Tensor resize_frames(const at::Tensor& frames_FCYX, FrameSize size);

}  // namespace retrace::data
