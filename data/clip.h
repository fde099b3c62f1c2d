// A clip as the model sees it: chosen frames of one video, resized, uint8.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/frame_resize.h"
#include "data/frame_sampler.h"
#include "data/read_limits.h"
#include "data/smart_resize.h"

namespace retrace::data {

struct FrameOptions {
  FrameSamplerOptions sampler;
  int64_t resize_factor = 28;  // both sides become multiples of this (patch size x merge size)
  int64_t min_pixels = 128 * 28 * 28;  // after resizing, of a frame or of the clip: see size_rule
  int64_t max_pixels = 768 * 28 * 28;
  ResizeRule size_rule = ResizeRule::kQwenVlUtils;
  ResizeArithmetic resize = ResizeArithmetic::kFloat32;
  int64_t max_clip_bytes = int64_t{2} << 30;  // of all chosen frames, resized
  ReadLimits limits;
  // false: a file that lost its end, or a chosen frame that does not decode, is an error. true: the
  // video counts as ending where the file was cut, and chosen frames that do not decode are left
  // out: never replaced.
  bool allow_partial = false;
};

// What a clip lacks; only with allow_partial.
struct PartialRead {
  bool is_cut_off = false;     // shorter than it says, or unreadable from some place on
  int64_t num_cut_frames = 0;  // of the video, listed in its header but beyond the end of the file;
                               // 0 too where the header lists none
  int64_t num_left_out = 0;    // chosen, but not decodable
  bool is_whole() const { return !is_cut_off && num_left_out == 0; }
};

struct ClipFrames {
  at::Tensor frames;  // [F, 3, Y, X] uint8, resized, RGB; may be shared with a cache: read only
  std::vector<int64_t> frame_indices;  // [F] in the video, presentation order, from 0
  double video_fps = 0;                // average, of the video
  double sampled_fps = 0;              // chosen frames / num_frames * video_fps
  PartialRead partial;
};

// Throws ConfigError for the first option out of its range.
void validate(const FrameOptions& options);

// Reads, samples and resizes. Throws what VideoReader, sample_frame_indices and target_size throw,
// and DataError for a file that lost its end (without allow_partial), for a clip larger than
// max_clip_bytes, and when no chosen frame decodes.
ClipFrames load_clip(const std::filesystem::path& video, const FrameOptions& options);

}  // namespace retrace::data
