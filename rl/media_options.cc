#include "rl/media_options.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace retrace::rl {
namespace {

int64_t resize_factor(const model::ModelConfig& config) {
  return config.vision.patch_size * config.vision.spatial_merge_size;
}

data::ResizeRule size_rule(SizeRuleChoice choice, model::ModelFamily family) {
  const bool is_qwen3 = family == model::ModelFamily::kQwen3Vl;
  switch (choice) {
    case SizeRuleChoice::kAuto:
      return is_qwen3 ? data::ResizeRule::kClipProcessor : data::ResizeRule::kQwenVlUtils;
    case SizeRuleChoice::kQwenVlUtils:
      break;
    case SizeRuleChoice::kProcessor:
      return is_qwen3 ? data::ResizeRule::kClipProcessor : data::ResizeRule::kProcessor;
  }
  return data::ResizeRule::kQwenVlUtils;
}

data::ResizeArithmetic arithmetic(ResizeChoice choice, data::ResizeRule rule) {
  switch (choice) {
    case ResizeChoice::kAuto:
      break;
    case ResizeChoice::kFloat32:
      return data::ResizeArithmetic::kFloat32;
    case ResizeChoice::kUint8:
      return data::ResizeArithmetic::kUint8;
  }
  return rule == data::ResizeRule::kQwenVlUtils ? data::ResizeArithmetic::kFloat32
                                                : data::ResizeArithmetic::kUint8;
}

void fill_limits(std::string_view section, int64_t least, int64_t most, int64_t& min_pixels,
                 int64_t& max_pixels) {
  if (min_pixels == 0) min_pixels = max_pixels > 0 ? std::min(least, max_pixels) : least;
  if (max_pixels == 0) max_pixels = most;
  if (min_pixels <= max_pixels) return;
  core::throw_<core::ConfigError>(
      "{0}.min_pixels: must be at most {0}.max_pixels, found {1} and {2}; what is not given (0) is "
      "the model's",
      section, min_pixels, max_pixels);
}

}  // namespace

data::FrameOptions frame_options(const VideoSection& video, const model::ModelConfig& config,
                                 const model::Processor& processor) {
  data::FrameOptions frames = video.frames;
  frames.resize_factor = resize_factor(config);
  frames.size_rule = size_rule(video.size_rule, config.family);
  frames.resize = arithmetic(video.resize, frames.size_rule);
  const int64_t factor = frames.resize_factor;
  if (frames.size_rule != data::ResizeRule::kQwenVlUtils) {
    fill_limits("video", processor.video.min_pixels, processor.video.max_pixels, frames.min_pixels,
                frames.max_pixels);
    return frames;
  }
  const int64_t most = data::qwen_frame_pixels(factor);
  if (frames.max_pixels > most) {
    core::throw_<core::ConfigError>(
        "video.max_pixels: must be at most {} with size_rule qwen_vl_utils, is {}; take size_rule "
        "processor for larger frames",
        most, frames.max_pixels);
  }
  fill_limits("video", 128 * factor * factor, most, frames.min_pixels, frames.max_pixels);
  return frames;
}

std::shared_ptr<data::DiskFrameCache> open_disk_cache(const VideoSection& video) {
  if (video.cache_dir.empty()) return nullptr;
  constexpr double kBytesPerGb = 1 << 30;
  data::DiskCacheOptions options;
  options.folder = video.cache_dir;
  options.max_bytes = static_cast<int64_t>(video.cache_max_gb * kBytesPerGb);
  return std::make_shared<data::DiskFrameCache>(std::move(options));
}

data::ImageOptions image_options(const ImageSection& image, const model::ModelConfig& config,
                                 const model::Processor& processor) {
  data::ImageOptions options;
  options.reading = image.reading;
  options.resize_factor = resize_factor(config);
  options.min_pixels = image.min_pixels;
  options.max_pixels = image.max_pixels;
  options.max_source_pixels = image.max_source_pixels;
  fill_limits("image", processor.image.min_pixels, processor.image.max_pixels, options.min_pixels,
              options.max_pixels);
  return options;
}

}  // namespace retrace::rl
