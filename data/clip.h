// A clip as the model sees it: chosen frames of one video, resized, uint8.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/frame_resize.h"
#include "data/frame_sampler.h"

namespace retrace::data {

struct FrameOptions {
  FrameSamplerOptions sampler;
  int64_t resize_factor = 28;  // both sides become multiples of this (patch size x merge size)
  int64_t min_pixels = 128 * 28 * 28;  // per frame, after resizing
  int64_t max_pixels = 768 * 28 * 28;
  ResizeArithmetic resize = ResizeArithmetic::kFloat32;
};

struct ClipFrames {
  at::Tensor frames;  // [F, 3, Y, X] uint8, resized, RGB; may be shared with a cache: read only
  std::vector<int64_t> frame_indices;  // [F] in the video, presentation order, from 0
  double video_fps = 0;                // average, of the video
  double sampled_fps = 0;              // F / num_frames * video_fps
};

// Throws ConfigError for the first option out of its range.
void validate(const FrameOptions& options);

// Reads, samples and resizes. Throws what VideoReader, sample_frame_indices and smart_resize throw.
ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options);

}  // namespace retrace::data
