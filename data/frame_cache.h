// Decoded, sampled and resized frames of the videos seen so far: each clip is decoded once in a
// process's life as long as the byte budget holds; least recently used clips leave first.
// Thread-safe.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/frame_resize.h"
#include "data/frame_sampler.h"

namespace retrace::data {

struct FrameOptions {
  FrameSamplerOptions sampler;
  int64_t resize_factor = 28;  // both sides become multiples of this (patch size x merge size)
  int64_t min_pixels = 128 * 28 * 28;  // per frame, after resizing
  int64_t max_pixels = 768 * 28 * 28;
};

struct ClipFrames {
  at::Tensor frames;  // [F, 3, Y, X] uint8, resized, RGB; shared with the cache: read only
  double sampled_fps = 0;
};

// Throws ConfigError for the first option out of its range.
void validate(const FrameOptions& options);

// Reads, samples and resizes without a cache. Throws what VideoReader, sample_frame_indices and
// smart_resize throw.
ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options);

class FrameCache {
 public:
  FrameCache(FrameOptions options, int64_t max_bytes);
  ~FrameCache();
  // Throws what load_clip throws; a failure is not cached. Threads that ask for a clip while it is
  // being decoded wait for it (and get its error).
  ClipFrames get(const std::filesystem::path& video);
  int64_t num_decodes() const;  // clips decoded so far

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
