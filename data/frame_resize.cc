#include "data/frame_resize.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/shape.h"

namespace retrace::data {

FrameSize smart_resize(int64_t height, int64_t width, int64_t factor, int64_t min_pixels,
                       int64_t max_pixels) {
  RETRACE_CHECK(height > 0 && width > 0 && factor > 0, "frame of {} x {}, factor {}", width, height,
                factor);
  constexpr int64_t kMaxAspectRatio = 200;
  const double h = static_cast<double>(height), w = static_cast<double>(width);
  const double f = static_cast<double>(factor);
  if (std::max(h, w) / std::min(h, w) > kMaxAspectRatio) {
    core::throw_<core::DataError>(
        "frames of {} x {} pixels: the longer side may be at most {} times the shorter; crop the "
        "video",
        width, height, kMaxAspectRatio);
  }
  const auto multiples = [f](double count) {
    return static_cast<int64_t>(count) * static_cast<int64_t>(f);
  };
  FrameSize size{std::max(factor, multiples(std::nearbyint(h / f))),
                 std::max(factor, multiples(std::nearbyint(w / f)))};
  if (size.height * size.width > max_pixels) {
    const double shrink = std::sqrt(h * w / static_cast<double>(max_pixels));
    size.height = std::max(factor, multiples(std::floor(h / shrink / f)));
    size.width = std::max(factor, multiples(std::floor(w / shrink / f)));
  } else if (size.height * size.width < min_pixels) {
    const double grow = std::sqrt(static_cast<double>(min_pixels) / (h * w));
    size.height = multiples(std::ceil(h * grow / f));
    size.width = multiples(std::ceil(w * grow / f));
  }
  return size;
}

at::Tensor resize_frames(const at::Tensor& frames_FCYX, FrameSize size) {
  core::check_shape(frames_FCYX, {core::kAnySize, 3, core::kAnySize, core::kAnySize}, "frames");
  core::check_dtype(frames_FCYX, at::kByte, "frames");
  if (frames_FCYX.size(2) == size.height && frames_FCYX.size(3) == size.width) return frames_FCYX;
  const int64_t num_frames = frames_FCYX.size(0);
  at::Tensor resized = at::empty({num_frames, 3, size.height, size.width}, at::kByte);
  // One frame at a time: the float32 copies stay in the processor's cache.
  for (int64_t i = 0; i < num_frames; ++i) {
    at::Tensor frame_1CYX = at::_upsample_bicubic2d_aa(
        frames_FCYX.narrow(0, i, 1).to(at::kFloat), {size.height, size.width},
        /*align_corners=*/false, std::nullopt, std::nullopt);
    resized.narrow(0, i, 1).copy_(frame_1CYX.clamp_(0, 255).round_());
  }
  return resized;
}

}  // namespace retrace::data
