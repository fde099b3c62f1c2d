#include "rl/vision_loader.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace retrace::rl {
namespace {

constexpr int64_t kBlindGrey = 127;  // of 255, in every channel

}  // namespace

std::vector<int64_t> shuffled_frames(int64_t num_frames, const core::RandomStream& stream) {
  std::vector<int64_t> order(static_cast<size_t>(num_frames));
  std::iota(order.begin(), order.end(), 0);
  core::RandomSequence(stream).shuffle(order);
  // The one draw in num_frames! that changes nothing.
  if (std::is_sorted(order.begin(), order.end()) && num_frames > 1)
    std::rotate(order.begin(), order.begin() + 1, order.end());
  return order;
}

void VisionLoader::add(const at::Tensor& frames_FCYX, const model::PixelNorm& norm) {
  const at::Tensor shown = change_.blind ? at::full_like(frames_FCYX, kBlindGrey) : frames_FCYX;
  patches_.push_back(model::make_patches(shown, sources_.config.vision, norm));
}

void VisionLoader::add_image(const std::filesystem::path& file) {
  add(data::load_image(file, image_options_), sources_.processor.image.norm);
  items_.push_back(model::image_item(patches_.back().grids.front()));
}

void VisionLoader::add_video(const std::filesystem::path& file) {
  const data::ClipFrames clip = sources_.frames.get(file);
  at::Tensor frames_FCYX = clip.frames;
  if (change_.frame_shuffle) {
    const auto order =
        shuffled_frames(frames_FCYX.size(0), change_.frame_shuffle->substream(num_clips_));
    frames_FCYX = frames_FCYX.index_select(0, at::tensor(order, at::kLong));
  }
  ++num_clips_;
  add(frames_FCYX, sources_.processor.video.norm);
  items_.push_back(model::video_item(patches_.back().grids.front(), sources_.config.vision,
                                     {clip.frame_indices, clip.video_fps, clip.sampled_fps}));
}

}  // namespace retrace::rl
