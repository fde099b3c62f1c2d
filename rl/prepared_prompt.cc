#include "rl/prepared_prompt.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/error.h"

namespace retrace::rl {
namespace {

constexpr std::string_view kPlaceholder = "{problem}";
constexpr int64_t kBlindGrey = 127;  // of 255, in every channel

std::string fill_template(const std::string& text_template, const std::string& problem) {
  std::string text = text_template;
  text.replace(text.find(kPlaceholder), kPlaceholder.size(), problem);
  return text;
}

}  // namespace

PromptBuilder::PromptBuilder(const model::Tokenizer& tokenizer, const model::ModelConfig& config,
                             data::FrameCache& frames, PromptOptions options)
    : tokenizer_(tokenizer), config_(config), frames_(frames), options_(std::move(options)) {
  const size_t first = options_.text_template.find(kPlaceholder);
  if (first == std::string::npos ||
      options_.text_template.find(kPlaceholder, first + 1) != std::string::npos) {
    core::throw_<core::ConfigError>("prompt.template: must hold {} exactly once, is '{}'",
                                    kPlaceholder, options_.text_template);
  }
}

PreparedPrompt PromptBuilder::build(const data::Sample& sample, bool blind) const {
  PreparedPrompt prompt;
  std::vector<model::GridThw> grids;
  const bool has_video = !sample.video.empty();
  if (has_video) {
    at::Tensor frames_FCYX = frames_.get(sample.video).frames;
    if (blind) frames_FCYX = at::full_like(frames_FCYX, kBlindGrey);
    prompt.patches = model::make_patches(frames_FCYX, config_.vision);
    grids = prompt.patches.grids;
  }
  const model::ChatTurn turn{options_.system, fill_template(options_.text_template, sample.problem),
                             has_video};
  prompt.tokens = model::tokenize_prompt(tokenizer_, config_, turn, grids);
  return prompt;
}

std::vector<int64_t> PromptBuilder::demonstration_ids(const data::Sample& sample) const {
  std::vector<int64_t> ids = tokenizer_.encode(sample.solution);
  ids.push_back(config_.eos_token_id);
  return ids;
}

}  // namespace retrace::rl
