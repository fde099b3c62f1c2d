// The recipe's sections `video` and `image`: what the user wishes. rl/media_options.h turns them
// into options, once the model is known.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/config_node.h"
#include "data/clip.h"
#include "data/image_reader.h"

namespace retrace::rl {

// Which rule gives the size of a video's frames (data/smart_resize.h).
enum class SizeRuleChoice {
  kAuto,         // processor for Qwen3-VL, else qwen_vl_utils
  kQwenVlUtils,  // as qwen-vl-utils
  kProcessor     // as the checkpoint's processor in transformers
};

// With which of torchvision's two arithmetics frames are resized (data/frame_resize.h).
enum class ResizeChoice {
  kAuto,  // that of the size rule: float32 with qwen_vl_utils, uint8 with processor
  kFloat32,
  kUint8
};

struct VideoSection {
  data::FrameOptions frames;  // min_pixels and max_pixels may be 0: those of the rule
  SizeRuleChoice size_rule = SizeRuleChoice::kAuto;
  ResizeChoice resize = ResizeChoice::kAuto;
  int64_t cache_mb = 1024;  // decoded frames kept in memory, a rank
  std::filesystem::path
      cache_dir;             // decoded frames kept on disk, by all ranks and runs; empty: none
  double cache_max_gb = 50;  // GiB of all files in cache_dir
};

struct ImageSection {
  data::ImageReading reading = data::ImageReading::kTransformers;
  int64_t min_pixels = 0, max_pixels = 0;  // after resizing; 0: the checkpoint's
  int64_t max_source_pixels = data::ImageOptions{}.max_source_pixels;
};

// Read and check a section of the recipe's root. Throw ConfigError.
void read_video(core::ConfigNode root, VideoSection& video);
void read_image(core::ConfigNode root, ImageSection& image);

}  // namespace retrace::rl
