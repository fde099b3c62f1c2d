// From the recipe's wishes and what the checkpoint says to how videos and images are read and
// sized.
#pragma once

#include <memory>

#include "data/clip.h"
#include "data/disk_frame_cache.h"
#include "data/image_reader.h"
#include "model/model_config.h"
#include "model/processor.h"
#include "rl/run_config.h"

namespace retrace::rl {

// Limits left at 0 become those of the rule: 128 and 768 tokens a frame pair with qwen_vl_utils,
// the checkpoint's own with processor. Throws ConfigError for max_pixels above 768 tokens a frame
// pair with qwen_vl_utils, which never goes there, and for a minimum above the maximum.
data::FrameOptions frame_options(const VideoSection& video, const model::ModelConfig& config,
                                 const model::Processor& processor);

// The cache at video.cache_dir; null without one. Throws what its constructor throws.
std::shared_ptr<data::DiskFrameCache> open_disk_cache(const VideoSection& video);

data::ImageOptions image_options(const ImageSection& image, const model::ModelConfig& config,
                                 const model::Processor& processor);

}  // namespace retrace::rl
