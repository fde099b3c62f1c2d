// The size that a frame or image is brought to before it is cut into patches: both sides multiples
// of patch size x merge size, the area within limits, the shape nearly kept.
#pragma once

#include <cstdint>

#include "data/frame_resize.h"

namespace retrace::data {

// Three published rules; rounding is half to even in all, as Python's.
enum class ResizeRule {
  kQwenVlUtils,   // videos, vision_process.fetch_video: limits of one frame, sides at least
                  // `factor`, and at most 768 factor^2 pixels, fewer for clips of more than 300
                  // frames
  kProcessor,     // images and Qwen2-VL videos, transformers' processors: limits of one frame
  kClipProcessor  // Qwen3-VL videos, its processor in transformers: limits of all frames together
};

struct ResizeLimits {
  ResizeRule rule = ResizeRule::kQwenVlUtils;
  int64_t factor = 28;
  int64_t min_pixels = 128 * 28 * 28;  // of a frame; with kClipProcessor of the clip
  int64_t max_pixels = 768 * 28 * 28;
};

// A clip is held within this many pixels by kQwenVlUtils: 0.9 of 128000 tokens, as pixels.
double qwen_clip_pixels(int64_t factor);
// The largest max_pixels of a frame with kQwenVlUtils: 768 tokens a frame pair.
int64_t qwen_frame_pixels(int64_t factor);

// Throws ConfigError for the first value out of its range.
void validate(const ResizeLimits& limits);

// Throws DataError for an aspect ratio above 200; with kClipProcessor also for frames with a side
// below `factor`.
FrameSize target_size(int64_t num_frames, int64_t height, int64_t width,
                      const ResizeLimits& limits);

}  // namespace retrace::data
