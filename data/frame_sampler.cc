#include "data/frame_sampler.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::data {
namespace {

constexpr int64_t kFrameFactor = 2;  // frames go into the vision tower in pairs

int64_t num_frames_at_fps(int64_t num_frames, double video_fps,
                          const FrameSamplerOptions& options) {
  const int64_t fewest = (options.min_frames + kFrameFactor - 1) / kFrameFactor * kFrameFactor;
  const int64_t most = options.max_frames / kFrameFactor * kFrameFactor;
  double wanted = static_cast<double>(num_frames) / video_fps * options.fps;
  wanted = std::min(std::max(wanted, static_cast<double>(fewest)), static_cast<double>(most));
  wanted = std::min(wanted, static_cast<double>(num_frames));
  return static_cast<int64_t>(std::floor(wanted / kFrameFactor)) * kFrameFactor;
}

// float32, as the reference computes it: for long videos its rounding decides between two
// neighbouring frames.
std::vector<int64_t> linspace_rounded(int64_t last, int64_t num_samples) {
  const at::Tensor points =
      at::linspace(0, static_cast<double>(last), num_samples, at::kFloat).round().to(at::kLong);
  const int64_t* values = points.const_data_ptr<int64_t>();
  return {values, values + num_samples};
}

std::vector<int64_t> linspace_floor(int64_t last, int64_t num_samples) {
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < num_samples; ++i) indices.push_back(i * last / (num_samples - 1));
  return indices;
}

}  // namespace

void validate(const FrameSamplerOptions& options) {
  using core::ConfigError, core::throw_;
  if (options.rule == SamplingRule::kLinspaceFloor) {
    if (options.num_frames < 2) {
      throw_<ConfigError>("num_frames: must be at least 2, is {}", options.num_frames);
    }
    return;
  }
  if (!(options.fps > 0) || !std::isfinite(options.fps)) {
    throw_<ConfigError>("fps: must be above 0, is {}", options.fps);
  }
  if (options.min_frames < 1) {
    throw_<ConfigError>("min_frames: must be at least 1, is {}", options.min_frames);
  }
  if (options.max_frames < 2 || options.max_frames < options.min_frames) {
    throw_<ConfigError>("max_frames: must be at least 2 and at least min_frames ({}), is {}",
                        options.min_frames, options.max_frames);
  }
}

std::vector<int64_t> sample_frame_indices(int64_t num_frames, double video_fps,
                                          const FrameSamplerOptions& options) {
  validate(options);
  RETRACE_CHECK(num_frames >= 1, "a video of {} frames", num_frames);
  switch (options.rule) {
    case SamplingRule::kLinspaceFloor:
      return linspace_floor(num_frames - 1, options.num_frames);
    case SamplingRule::kFps:
      break;
  }
  RETRACE_CHECK(video_fps > 0 && std::isfinite(video_fps), "a video of {} fps", video_fps);
  const int64_t num_samples = num_frames_at_fps(num_frames, video_fps, options);
  if (num_samples < kFrameFactor) {
    core::throw_<core::DataError>(
        "the video has {} frame{}, expected at least {} to sample at {} fps; leave it out, or use "
        "an image",
        num_frames, num_frames == 1 ? "" : "s", kFrameFactor, options.fps);
  }
  return linspace_rounded(num_frames - 1, num_samples);
}

double sampled_fps(int64_t num_sampled, int64_t num_frames, double video_fps) {
  return static_cast<double>(num_sampled) / std::max(static_cast<double>(num_frames), 1e-6) *
         video_fps;
}

}  // namespace retrace::data
