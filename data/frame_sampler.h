// Which frames of a video the model sees: pure functions from (frame count, fps) to indices.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace retrace::data {

// T is the number of frames of the video, n the number of samples. Each rule gives the indices of
// the code it is named after, its rounding errors included; tests compare with that code's values.
enum class SamplingRule {
  // qwen-vl-utils `smart_nframes` with `fps`: n = T / video_fps * fps, bounded by
  // [min_frames rounded up to even, max_frames rounded down to even] and by T, rounded down to
  // even; then torch.linspace(0, T - 1, n).round(), half to even.
  kFps,
  // qwen-vl-utils with `nframes`: n = num_frames rounded to even (a half to the multiple of 4); the
  // same linspace.
  kLinspaceRound,
  // numpy.linspace(0, T - 1, num_frames, dtype=int): rounded down. Ego-ST and ST-R1.
  kLinspaceFloor,
  // InternVL's `get_index`: the middles of num_frames segments, int(s / 2 + round(s * i)) with
  // s = (T - 1) / num_frames.
  kSegmentMidpoint,
  // Qwen2VLVideoProcessor.sample_frames with `fps`: n as in kFps, with the upper bound
  // min(max_frames, T) rounded down to even and the lower one as it is; then
  // torch.arange(0, T, T / n).int().
  kHfQwen2Vl,
  // Qwen3VLVideoProcessor.sample_frames with `fps`: n = int(T / video_fps * fps) within
  // [min_frames, max_frames] and at most T; then numpy.linspace(0, T - 1, n).round(). n may be odd.
  kHfQwen3Vl,
  // The frames shown at the given times: the last one that starts no later, the first one for times
  // before it.
  kTimes
};

struct FrameSamplerOptions {
  SamplingRule rule = SamplingRule::kFps;
  double fps = 2.0;                // kFps, kHf*: frames per second
  int64_t min_frames = 4;          // kFps, kHf*
  int64_t max_frames = 768;        // kFps, kHf*
  int64_t num_frames = 8;          // kLinspace*, kSegmentMidpoint; at least 2
  std::vector<double> times = {};  // kTimes: seconds since the first frame, ascending
};

// Throws ConfigError for the first option out of its range.
void validate(const FrameSamplerOptions& options);

// Sorted indices in [0, num_frames); repeats are possible on very short videos with kLinspaceFloor
// and kSegmentMidpoint. Throws DataError when the video has too few frames for the rule. Not for
// kTimes.
std::vector<int64_t> sample_frame_indices(int64_t num_frames, double video_fps,
                                          const FrameSamplerOptions& options);

// kTimes. `pts_seconds` is when each frame is shown, ascending from 0; `duration_seconds` the end
// of the last one. Throws DataError for a time that is not before the end.
std::vector<int64_t> frames_shown_at(std::span<const double> times,
                                     std::span<const double> pts_seconds, double duration_seconds);

// Frames per second of the sampled sequence: n / num_frames * video_fps.
double sampled_fps(int64_t num_sampled, int64_t num_frames, double video_fps);

}  // namespace retrace::data
