// From files to vision patches: the images and videos of one prompt, in the order of its parts.
#pragma once

#include <filesystem>
#include <vector>

#include "data/frame_cache.h"
#include "data/image_reader.h"
#include "model/model_config.h"
#include "model/processor.h"
#include "model/tokenizer.h"
#include "model/vision_item.h"
#include "model/vision_preprocess.h"

namespace retrace::rl {

// What a prompt is made with; all outlive the builder.
struct PromptSources {
  const model::Tokenizer& tokenizer;
  const model::ModelConfig& config;
  const model::Processor& processor;
  data::FrameCache& frames;
};

struct ReadVision {
  model::VisionPatches patches;
  std::vector<model::VisionItem> items;
};

// Throws what load_image and FrameCache::get throw. `blind` paints every pixel grey.
class VisionLoader {
 public:
  VisionLoader(const PromptSources& sources, const data::ImageOptions& image_options, bool blind)
      : sources_(sources), image_options_(image_options), blind_(blind) {}
  void add_image(const std::filesystem::path& file);
  void add_video(const std::filesystem::path& file);
  ReadVision finish() const { return {model::join_patches(patches_), items_}; }

 private:
  void add(const at::Tensor& frames_FCYX, const model::PixelNorm& norm);

  const PromptSources& sources_;
  const data::ImageOptions& image_options_;
  bool blind_;
  std::vector<model::VisionPatches> patches_;
  std::vector<model::VisionItem> items_;
};

}  // namespace retrace::rl
