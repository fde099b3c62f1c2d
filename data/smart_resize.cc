#include "data/smart_resize.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::data {
namespace {

using core::DataError;
using core::throw_;

constexpr int64_t kFramesAPair = 2;

void check_shape(int64_t height, int64_t width, const ResizeLimits& limits) {
  constexpr int64_t kMaxAspectRatio = 200;
  RETRACE_CHECK(height > 0 && width > 0, "frame of {} x {}", width, height);
  if (limits.rule == ResizeRule::kClipProcessor && std::min(height, width) < limits.factor) {
    throw_<DataError>(
        "frames of {} x {} pixels: each side must have at least {}, as the model's processor "
        "demands; scale them up",
        width, height, limits.factor);
  }
  if (std::max(height, width) > kMaxAspectRatio * std::min(height, width)) {
    throw_<DataError>(
        "{} x {} pixels: the longer side may be at most {} times the shorter; crop it", width,
        height, kMaxAspectRatio);
  }
}

// Sides in multiples of the factor; `scale` divides (shrink) or multiplies (grow) them first.
class Sides {
 public:
  Sides(int64_t height, int64_t width, int64_t factor)
      : height_(static_cast<double>(height)),
        width_(static_cast<double>(width)),
        factor_(factor),
        f_(static_cast<double>(factor)) {}

  FrameSize rounded() const {
    return {multiple(std::nearbyint(height_ / f_)), multiple(std::nearbyint(width_ / f_))};
  }
  FrameSize shrunk(double scale) const {
    return at_least_one(
        {multiple(std::floor(height_ / scale / f_)), multiple(std::floor(width_ / scale / f_))});
  }
  FrameSize grown(double scale) const {
    return {multiple(std::ceil(height_ * scale / f_)), multiple(std::ceil(width_ * scale / f_))};
  }
  FrameSize at_least_one(FrameSize size) const {
    return {std::max(factor_, size.height), std::max(factor_, size.width)};
  }

 private:
  int64_t multiple(double count) const { return static_cast<int64_t>(count) * factor_; }
  double height_, width_;
  int64_t factor_;
  double f_;
};

double area(FrameSize size) {
  return static_cast<double>(size.height) * static_cast<double>(size.width);
}

// How many pixels a frame may have, and how many frames the limits are about.
struct Budget {
  double max_pixels;
  double num_frames;         // in the scale
  double num_padded_frames;  // in the comparison
};

Budget budget(int64_t num_frames, const ResizeLimits& limits) {
  const auto largest = static_cast<double>(limits.max_pixels);
  const auto n = static_cast<double>(num_frames);
  switch (limits.rule) {
    case ResizeRule::kProcessor:
      return {largest, 1, 1};
    case ResizeRule::kClipProcessor:
      return {largest, n, static_cast<double>((num_frames + 1) / kFramesAPair * kFramesAPair)};
    case ResizeRule::kQwenVlUtils:
      break;
  }
  const double share = qwen_clip_pixels(limits.factor) / n * static_cast<double>(kFramesAPair);
  const double frame = std::min(static_cast<double>(qwen_frame_pixels(limits.factor)), share);
  const double least = std::floor(static_cast<double>(limits.min_pixels) * 1.05);
  return {std::min(largest, std::max(frame, least)), 1, 1};
}

}  // namespace

double qwen_clip_pixels(int64_t factor) {
  return static_cast<double>(128000 * factor * factor) * 0.9;
}

int64_t qwen_frame_pixels(int64_t factor) {
  return 768 * factor * factor;
}

void validate(const ResizeLimits& limits) {
  using core::ConfigError;
  if (limits.factor < 1) throw_<ConfigError>("factor: must be at least 1, is {}", limits.factor);
  if (limits.min_pixels < 1)
    throw_<ConfigError>("min_pixels: must be at least 1, is {}", limits.min_pixels);
  if (limits.max_pixels < limits.min_pixels) {
    throw_<ConfigError>("max_pixels: must be at least min_pixels ({}), is {}", limits.min_pixels,
                        limits.max_pixels);
  }
}

FrameSize target_size(int64_t num_frames, int64_t height, int64_t width,
                      const ResizeLimits& limits) {
  RETRACE_CHECK(num_frames > 0 && limits.factor > 0, "{} frames, factor {}", num_frames,
                limits.factor);
  check_shape(height, width, limits);
  const Sides sides(height, width, limits.factor);
  const Budget most = budget(num_frames, limits);
  const auto least = static_cast<double>(limits.min_pixels);
  const double pixels = most.num_frames * static_cast<double>(height) * static_cast<double>(width);
  const FrameSize rounded = limits.rule == ResizeRule::kQwenVlUtils
                                ? sides.at_least_one(sides.rounded())
                                : sides.rounded();
  if (most.num_padded_frames * area(rounded) > most.max_pixels)
    return sides.shrunk(std::sqrt(pixels / most.max_pixels));
  if (most.num_padded_frames * area(rounded) < least) return sides.grown(std::sqrt(least / pixels));
  return rounded;
}

}  // namespace retrace::data
