// From a sample to what the model takes: token ids, positions, vision patches.
#pragma once

#include <string>
#include <vector>

#include "data/sample.h"
#include "model/prompt.h"
#include "rl/vision_loader.h"

namespace retrace::rl {

struct PromptOptions {
  std::string system;                       // empty: the checkpoint's default
  std::string text_template = "{problem}";  // see rl/prompt_template.h
  int64_t max_tokens = 0;                   // a longer prompt is an error; 0: no limit
};

struct PreparedPrompt {
  model::PromptTokens tokens;
  model::VisionPatches patches;  // of its images and videos, in the order of their placeholders
  bool has_vision() const { return patches.pixel_values.defined(); }
};

// The one place where a prompt is made: SFT, GRPO and evaluation all use it. `blind` paints every
// image and frame grey.
//
// Images and videos stand where the filled template has "<image>" and "<video>"; a kind without
// placeholders comes before the text, images first. Throws DataError if a kind has another number
// of placeholders than the sample has files.
class PromptBuilder {
 public:
  PromptBuilder(const PromptSources& sources, PromptOptions options,
                data::ImageOptions image_options = {});
  // Throws DataError that names the sample.
  PreparedPrompt build(const data::Sample& sample, bool blind = false) const;
  // The same prompt about clips whose frames are in another order (rl/vision_loader.h).
  PreparedPrompt build_shuffled(const data::Sample& sample, const core::RandomStream& stream) const;
  // Throws DataError that names the sample if `num_new_tokens` after its prompt reach positions
  // that the model is not made for (ModelConfig::max_positions). Under M-RoPE a video takes fewer
  // positions than tokens, or more where they are seconds: what counts is the largest position on
  // any axis, which the text behind the video goes on from.
  void require_positions(const data::Sample& sample, const PreparedPrompt& prompt,
                         int64_t num_new_tokens) const;
  // Of this rank, so far.
  data::PartialReads partial_reads() const { return sources_.frames.partial_reads(); }
  int64_t num_disk_hits() const { return sources_.frames.num_disk_hits(); }
  // The demonstration as completion ids: solution, then <|im_end|>.
  std::vector<int64_t> demonstration_ids(const data::Sample& sample) const;

 private:
  PreparedPrompt build_changed(const data::Sample& sample, const VisionChange& change) const;
  PreparedPrompt build_unnamed(const data::Sample& sample, const VisionChange& change) const;
  std::vector<model::ChatMessage> chat(const data::Sample& sample) const;

  PromptSources sources_;
  PromptOptions options_;
  data::ImageOptions image_options_;
};

// One user turn, and before it the system message unless it is empty.
std::vector<model::ChatMessage> single_turn(const std::string& system,
                                            std::vector<model::ChatPart> parts);

// `text` cut at its placeholders; kinds without any come first. See PromptBuilder.
std::vector<model::ChatPart> place_vision(const std::string& text, size_t num_images,
                                          size_t num_videos);

}  // namespace retrace::rl
