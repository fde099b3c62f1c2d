// One image or video of a prompt, as far as its placeholders and positions depend on it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model_config.h"
#include "model/vision_preprocess.h"

namespace retrace::model {

enum class VisionKind { kImage, kVideo };

struct VisionItem {
  VisionKind kind = VisionKind::kImage;
  GridThw grid;
  // Of a video. Families without a notion of time ignore both.
  double seconds_per_pair = 1.0;     // Qwen2.5-VL: distance of two frame pairs
  std::vector<double> pair_seconds;  // [t] Qwen3-VL: mean time of the two frames of a pair
};

VisionItem image_item(const GridThw& grid);

// Where the frames of a clip come from (data::ClipFrames holds the same).
struct FrameTimes {
  std::span<const int64_t> frame_indices;  // [F] in the video, from 0
  double video_fps = 0;                    // frames a second of the video, above 0
  double sampled_fps = 0;                  // frames a second of the clip, above 0
};

// seconds_per_pair = temporal_patch_size / sampled_fps; pair_seconds = (first + last) / 2 with a
// frame's time = index / video_fps, the last frame repeated where a pair is not full. Throws
// InternalError if the indices do not make grid.t pairs.
VisionItem video_item(const GridThw& grid, const VisionConfig& config, const FrameTimes& times);

// A run of placeholders between <|vision_start|> and <|vision_end|>. An image is one, so is a video
// of Qwen2-VL and Qwen2.5-VL; a video of Qwen3-VL is one a frame pair.
struct VisionSpan {
  VisionKind kind = VisionKind::kImage;
  GridThw grid;
  double seconds_per_pair = 1.0;
};
std::vector<VisionSpan> vision_spans(std::span<const VisionItem> items, ModelFamily family);

}  // namespace retrace::model
