// From a sample to what the model takes: token ids, positions, vision patches.
#pragma once

#include <string>

#include "data/frame_cache.h"
#include "data/sample.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "model/vision_preprocess.h"

namespace retrace::rl {

struct PromptOptions {
  std::string system;                       // empty: the model family's default
  std::string text_template = "{problem}";  // must hold {problem} once
};

struct PreparedPrompt {
  model::PromptTokens tokens;
  model::VisionPatches patches;  // of its images and videos, in the order of their placeholders
  bool has_vision() const { return patches.pixel_values.defined(); }
};

// The one place where a prompt is made: SFT, GRPO and evaluation all use it. `blind` leaves the
// video out.
class PromptBuilder {
 public:
  // All outlive the builder.
  PromptBuilder(const model::Tokenizer& tokenizer, const model::ModelConfig& config,
                data::FrameCache& frames, PromptOptions options);
  PreparedPrompt build(const data::Sample& sample, bool blind = false) const;
  // Of this rank, so far.
  data::PartialReads partial_reads() const { return frames_.partial_reads(); }
  // The demonstration as completion ids: solution, then <|im_end|>.
  std::vector<int64_t> demonstration_ids(const data::Sample& sample) const;

 private:
  const model::Tokenizer& tokenizer_;
  const model::ModelConfig& config_;
  data::FrameCache& frames_;
  PromptOptions options_;
};

}  // namespace retrace::rl
