#include "data/frame_sampler.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::data {
namespace {

constexpr int64_t kFrameFactor = 2;  // frames go into the vision tower in pairs

int64_t rounded_down(double count) {
  return static_cast<int64_t>(std::floor(count / kFrameFactor)) * kFrameFactor;
}

bool uses_rate(SamplingRule rule) {
  return rule == SamplingRule::kFps || rule == SamplingRule::kHfQwen2Vl ||
         rule == SamplingRule::kHfQwen3Vl;
}

// How many frames, by the rules that start from a rate. May be less than the rule needs.
int64_t num_samples_at_fps(int64_t num_frames, double video_fps,
                           const FrameSamplerOptions& options) {
  const double wanted = static_cast<double>(num_frames) / video_fps * options.fps;
  const double all = static_cast<double>(num_frames);
  if (options.rule == SamplingRule::kHfQwen3Vl) {
    // Clamped before the conversion, which is undefined for numbers too large.
    const int64_t whole = static_cast<int64_t>(std::min(wanted, all));
    return std::min({std::max(whole, options.min_frames), options.max_frames, num_frames});
  }
  double fewest = static_cast<double>(options.min_frames);
  double most = static_cast<double>(options.max_frames / kFrameFactor * kFrameFactor);
  if (options.rule == SamplingRule::kFps) {
    fewest =
        static_cast<double>((options.min_frames + kFrameFactor - 1) / kFrameFactor * kFrameFactor);
  } else {
    most = std::min(most, static_cast<double>(num_frames / kFrameFactor * kFrameFactor));
  }
  return rounded_down(std::min({std::max(wanted, fewest), most, all}));
}

std::vector<int64_t> values_of(const at::Tensor& indices) {
  const at::Tensor longs = indices.to(at::kLong).contiguous();
  const int64_t* values = longs.const_data_ptr<int64_t>();
  return {values, values + longs.numel()};
}

// torch.linspace(0, last, n).round(): float32, whose rounding decides between two neighbouring
// frames of a long video.
std::vector<int64_t> torch_linspace_rounded(int64_t last, int64_t num_samples) {
  return values_of(at::linspace(0, static_cast<double>(last), num_samples, at::kFloat).round());
}

// torch.arange(0, T, T / n).int(): float32 too. Where rounding makes it n + 1 points, the last is
// T, which is no frame: the reference fails on it, this leaves it out.
std::vector<int64_t> torch_arange(int64_t num_frames, int64_t num_samples) {
  const double step = static_cast<double>(num_frames) / static_cast<double>(num_samples);
  std::vector<int64_t> indices =
      values_of(at::arange(0, num_frames, step, at::kFloat).to(at::kInt));
  while (indices.back() >= num_frames) indices.pop_back();
  return indices;
}

// numpy.linspace(0, last, n): float64, i times the step, the last point exact.
std::vector<double> numpy_linspace(int64_t last, int64_t num_samples) {
  std::vector<double> points(static_cast<size_t>(num_samples), 0.0);
  const double step =
      static_cast<double>(last) / static_cast<double>(std::max<int64_t>(1, num_samples - 1));
  for (int64_t i = 0; i < num_samples; ++i) {
    points[static_cast<size_t>(i)] = static_cast<double>(i) * step;
  }
  if (num_samples > 1) points.back() = static_cast<double>(last);
  return points;
}

std::vector<int64_t> each(const std::vector<double>& points, double (*round)(double)) {
  std::vector<int64_t> indices;
  for (const double point : points) indices.push_back(static_cast<int64_t>(round(point)));
  return indices;
}

double half_to_even(double value) {
  return std::nearbyint(value);
}
double down(double value) {
  return std::floor(value);
}

std::vector<int64_t> segment_midpoints(int64_t last, int64_t num_segments) {
  const double length = static_cast<double>(last) / static_cast<double>(num_segments);
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < num_segments; ++i) {
    const double begin = std::nearbyint(length * static_cast<double>(i));
    indices.push_back(static_cast<int64_t>(length / 2 + begin));
  }
  return indices;
}

int64_t even_num_frames(int64_t num_frames) {
  return static_cast<int64_t>(std::nearbyint(static_cast<double>(num_frames) / kFrameFactor)) *
         kFrameFactor;
}

[[noreturn]] void throw_too_short(int64_t num_frames, int64_t needed, const std::string& purpose) {
  core::throw_<core::DataError>(
      "the video has {} frame{}, expected at least {} to sample {}; leave it out, or use an image",
      num_frames, num_frames == 1 ? "" : "s", needed, purpose);
}

}  // namespace

void validate(const FrameSamplerOptions& options) {
  using core::ConfigError, core::throw_;
  if (options.rule == SamplingRule::kTimes) {
    const auto is_bad = [](double time) { return !(time >= 0) || !std::isfinite(time); };
    if (options.times.empty()) throw_<ConfigError>("times: must hold at least one time, is empty");
    if (std::ranges::any_of(options.times, is_bad) || !std::ranges::is_sorted(options.times)) {
      throw_<ConfigError>("times: must be seconds from 0 on, in ascending order");
    }
    return;
  }
  if (!uses_rate(options.rule)) {
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
  const int64_t last = num_frames - 1;
  int64_t num_samples = options.num_frames;
  if (uses_rate(options.rule)) {
    RETRACE_CHECK(video_fps > 0 && std::isfinite(video_fps), "a video of {} fps", video_fps);
    num_samples = num_samples_at_fps(num_frames, video_fps, options);
    const int64_t fewest = options.rule == SamplingRule::kHfQwen3Vl ? 1 : kFrameFactor;
    if (num_samples < fewest) {
      throw_too_short(num_frames, fewest, fmt::format("at {} fps", options.fps));
    }
  }
  switch (options.rule) {
    case SamplingRule::kFps:
      return torch_linspace_rounded(last, num_samples);
    case SamplingRule::kLinspaceRound:
      num_samples = even_num_frames(num_samples);
      if (num_samples > num_frames) {
        throw_too_short(num_frames, num_samples, fmt::format("{} of them", num_samples));
      }
      return torch_linspace_rounded(last, num_samples);
    case SamplingRule::kLinspaceFloor:
      return each(numpy_linspace(last, num_samples), down);
    case SamplingRule::kSegmentMidpoint:
      return segment_midpoints(last, num_samples);
    case SamplingRule::kHfQwen2Vl:
      return torch_arange(num_frames, num_samples);
    case SamplingRule::kHfQwen3Vl:
      return each(numpy_linspace(last, num_samples), half_to_even);
    case SamplingRule::kTimes:
      break;
  }
  core::throw_<core::InternalError>("times need the times of the frames");
}

std::vector<int64_t> frames_shown_at(std::span<const double> times,
                                     std::span<const double> pts_seconds, double duration_seconds) {
  RETRACE_CHECK(!pts_seconds.empty(), "a video without frames");
  std::vector<int64_t> indices;
  for (const double time : times) {
    if (time >= duration_seconds) {
      core::throw_<core::DataError>(
          "the video is {:.3f} s long, expected more than {:g} s, one of video.times; leave it "
          "out, "
          "or change the times",
          duration_seconds, time);
    }
    const auto next = std::ranges::upper_bound(pts_seconds, time);
    indices.push_back(std::max<int64_t>(0, next - pts_seconds.begin() - 1));
  }
  return indices;
}

double sampled_fps(int64_t num_sampled, int64_t num_frames, double video_fps) {
  return static_cast<double>(num_sampled) / std::max(static_cast<double>(num_frames), 1e-6) *
         video_fps;
}

}  // namespace retrace::data
