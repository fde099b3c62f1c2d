// Decoded, sampled and resized frames of the videos seen so far: each clip is decoded once in a process's life as
// long as the byte budget holds; least recently used clips leave first. Thread-safe.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/frame_sampler.h"

namespace retrace::data {

struct FrameOptions {
  FrameSamplerOptions sampler;
  int64_t resize_factor = 28;         // both sides become multiples of this (patch size x merge size)
  int64_t min_pixels = 128 * 28 * 28; // per frame, after resizing
  int64_t max_pixels = 768 * 28 * 28;
};

struct ClipFrames {
  at::Tensor frames;      // [F, 3, Y, X] uint8, resized, RGB
  double sampled_fps = 0;
};

// Qwen's smart_resize: both sides rounded (half to even) to multiples of `factor`, area within [min, max]. Throws
// DataError for an aspect ratio above 200.
struct FrameSize {
  int64_t height, width;
};
FrameSize smart_resize(int64_t height, int64_t width, int64_t factor, int64_t min_pixels, int64_t max_pixels);

// Antialiased bicubic on uint8 (float32 inside, clamped, rounded), equal to torchvision's within 1 level.
at::Tensor resize_frames(const at::Tensor& frames_FCYX, FrameSize size);

// Reads, samples and resizes without a cache.
ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options);

class FrameCache {
 public:
  FrameCache(FrameOptions options, int64_t max_bytes);
  ~FrameCache();
  // Throws what load_clip throws; a failure is not cached.
  ClipFrames get(const std::filesystem::path& video);
  int64_t num_decodes() const;  // clips decoded so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
