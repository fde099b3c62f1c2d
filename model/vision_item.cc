#include "model/vision_item.h"

#include <algorithm>

#include "core/error.h"

namespace retrace::model {

VisionItem image_item(const GridThw& grid) {
  VisionItem item;
  item.kind = VisionKind::kImage;
  item.grid = grid;
  return item;
}

VisionItem video_item(const GridThw& grid, const VisionConfig& config, const FrameTimes& times) {
  const auto pair = static_cast<size_t>(config.temporal_patch_size);
  const size_t num_frames = times.frame_indices.size();
  RETRACE_CHECK(times.video_fps > 0 && times.sampled_fps > 0, "video at {} fps, sampled at {} fps",
                times.video_fps, times.sampled_fps);
  RETRACE_CHECK(num_frames > 0 && (num_frames + pair - 1) / pair == static_cast<size_t>(grid.t),
                "{} frames do not make {} groups of {}", num_frames, grid.t, pair);
  VisionItem item;
  item.kind = VisionKind::kVideo;
  item.grid = grid;
  item.seconds_per_pair = static_cast<double>(config.temporal_patch_size) / times.sampled_fps;
  for (size_t first = 0; first < num_frames; first += pair) {
    const size_t last = std::min(first + pair, num_frames) - 1;
    const auto seconds = [&](size_t i) {
      return static_cast<double>(times.frame_indices[i]) / times.video_fps;
    };
    item.pair_seconds.push_back((seconds(first) + seconds(last)) / 2);
  }
  return item;
}

std::vector<VisionSpan> vision_spans(std::span<const VisionItem> items, ModelFamily family) {
  std::vector<VisionSpan> spans;
  for (const VisionItem& item : items) {
    if (family != ModelFamily::kQwen3Vl || item.kind == VisionKind::kImage) {
      spans.push_back({item.kind, item.grid, item.seconds_per_pair});
      continue;
    }
    const GridThw pair = {1, item.grid.h, item.grid.w};
    spans.insert(spans.end(), static_cast<size_t>(item.grid.t), {item.kind, pair, 1.0});
  }
  return spans;
}

}  // namespace retrace::model
