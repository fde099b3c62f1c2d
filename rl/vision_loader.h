// From files to vision patches: the images and videos of one prompt, in the order of its parts.
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/random.h"
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

// What is done to images and clips before the model sees them.
struct VisionChange {
  bool blind = false;  // paint every pixel grey
  // Put the frames of every clip in another order, the k-th clip's by substream k.
  std::optional<core::RandomStream> frame_shuffle = {};
};

// An order of `num_frames` frames other than the given one, where there is one.
std::vector<int64_t> shuffled_frames(int64_t num_frames, const core::RandomStream& stream);

// Throws what load_image and FrameCache::get throw.
class VisionLoader {
 public:
  VisionLoader(const PromptSources& sources, const data::ImageOptions& image_options,
               VisionChange change)
      : sources_(sources), image_options_(image_options), change_(change) {}
  void add_image(const std::filesystem::path& file);
  void add_video(const std::filesystem::path& file);
  ReadVision finish() const { return {model::join_patches(patches_), items_}; }

 private:
  void add(const at::Tensor& frames_FCYX, const model::PixelNorm& norm);

  const PromptSources& sources_;
  const data::ImageOptions& image_options_;
  VisionChange change_;
  uint64_t num_clips_ = 0;
  std::vector<model::VisionPatches> patches_;
  std::vector<model::VisionItem> items_;
};

}  // namespace retrace::rl
