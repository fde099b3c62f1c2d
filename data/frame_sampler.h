// Which frames of a video the model sees: pure functions from (frame count, fps) to indices.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::data {

enum class SamplingRule {
  kFps,  // Qwen's rule: n = total/video_fps*fps, bounded, a multiple of 2; linspace rounded half to
         // even
  kLinspaceFloor  // num_frames indices of linspace(0, total-1) truncated, as ST-R1 does
};

struct FrameSamplerOptions {
  SamplingRule rule = SamplingRule::kFps;
  double fps = 2.0;          // kFps: frames per second
  int64_t min_frames = 4;    // kFps
  int64_t max_frames = 768;  // kFps
  int64_t num_frames =
      8;  // kLinspaceFloor: at least 2; index i is floor(i * (total - 1) / (num_frames - 1))
};

// Throws ConfigError for the first option out of its range.
void validate(const FrameSamplerOptions& options);

// Sorted indices in [0, num_frames); repeats are possible for kLinspaceFloor on very short videos.
// Throws DataError when the video has too few frames for kFps (fewer than 2).
std::vector<int64_t> sample_frame_indices(int64_t num_frames, double video_fps,
                                          const FrameSamplerOptions& options);

// Frames per second of the sampled sequence: n / num_frames * video_fps.
double sampled_fps(int64_t num_sampled, int64_t num_frames, double video_fps);

}  // namespace retrace::data
