#include "rl/vision_loader.h"

#include <ATen/ATen.h>

namespace retrace::rl {
namespace {

constexpr int64_t kBlindGrey = 127;  // of 255, in every channel

}  // namespace

void VisionLoader::add(const at::Tensor& frames_FCYX, const model::PixelNorm& norm) {
  const at::Tensor shown = blind_ ? at::full_like(frames_FCYX, kBlindGrey) : frames_FCYX;
  patches_.push_back(model::make_patches(shown, sources_.config.vision, norm));
}

void VisionLoader::add_image(const std::filesystem::path& file) {
  add(data::load_image(file, image_options_), sources_.processor.image.norm);
  items_.push_back(model::image_item(patches_.back().grids.front()));
}

void VisionLoader::add_video(const std::filesystem::path& file) {
  const data::ClipFrames clip = sources_.frames.get(file);
  add(clip.frames, sources_.processor.video.norm);
  items_.push_back(model::video_item(patches_.back().grids.front(), sources_.config.vision,
                                     {clip.frame_indices, clip.video_fps, clip.sampled_fps}));
}

}  // namespace retrace::rl
