#include "rl/prepared_prompt.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "rl/prompt_template.h"

namespace retrace::rl {
namespace {

using model::ChatPart;

void check_count(std::string_view placeholder, size_t count, size_t num_files) {
  if (count == 0 || count == num_files) return;
  core::throw_<core::DataError>(
      "prompt: expected {} once for each of the sample's {} files, or not at all, found it {} "
      "times in the filled template",
      placeholder, num_files, count);
}

}  // namespace

std::vector<model::ChatMessage> single_turn(const std::string& system,
                                            std::vector<ChatPart> parts) {
  std::vector<model::ChatMessage> chat;
  if (!system.empty()) chat.push_back({model::Role::kSystem, {{ChatPart::Kind::kText, system}}});
  chat.push_back({model::Role::kUser, std::move(parts)});
  return chat;
}

std::vector<ChatPart> place_vision(const std::string& text, size_t num_images, size_t num_videos) {
  const size_t image_places = data::count_occurrences(text, data::kImagePlaceholder);
  const size_t video_places = data::count_occurrences(text, data::kVideoPlaceholder);
  check_count(data::kImagePlaceholder, image_places, num_images);
  check_count(data::kVideoPlaceholder, video_places, num_videos);
  std::vector<ChatPart> parts;
  if (image_places == 0) parts.insert(parts.end(), num_images, {ChatPart::Kind::kImage, ""});
  if (video_places == 0) parts.insert(parts.end(), num_videos, {ChatPart::Kind::kVideo, ""});
  for (size_t begin = 0;;) {
    const size_t image = text.find(data::kImagePlaceholder, begin);
    const size_t video = text.find(data::kVideoPlaceholder, begin);
    const size_t end = std::min({image, video, text.size()});
    if (end > begin) parts.push_back({ChatPart::Kind::kText, text.substr(begin, end - begin)});
    if (end == text.size()) return parts;
    const bool is_image = image < video;
    parts.push_back({is_image ? ChatPart::Kind::kImage : ChatPart::Kind::kVideo, ""});
    begin = end + (is_image ? data::kImagePlaceholder : data::kVideoPlaceholder).size();
  }
}

PromptBuilder::PromptBuilder(const PromptSources& sources, PromptOptions options,
                             data::ImageOptions image_options)
    : sources_(sources), options_(std::move(options)), image_options_(image_options) {
  check_template(options_.text_template, "prompt.template");
}

std::vector<model::ChatMessage> PromptBuilder::chat(const data::Sample& sample) const {
  const std::string text = fill_template(options_.text_template, sample);
  return single_turn(options_.system,
                     place_vision(text, sample.images.size(), sample.videos.size()));
}

PreparedPrompt PromptBuilder::build_unnamed(const data::Sample& sample,
                                            const VisionChange& change) const {
  const std::vector<model::ChatMessage> messages = chat(sample);
  if (!sources_.config.has_vision() && !(sample.images.empty() && sample.videos.empty())) {
    core::throw_<core::DataError>(
        "has images or videos, but the model reads text only; use a vision-language checkpoint, or "
        "samples without them");
  }
  VisionLoader loader(sources_, image_options_, change);
  auto image = sample.images.begin();
  auto video = sample.videos.begin();
  for (const ChatPart& part : messages.back().parts) {
    if (part.kind == ChatPart::Kind::kImage) loader.add_image(*image++);
    if (part.kind == ChatPart::Kind::kVideo) loader.add_video(*video++);
  }
  ReadVision vision = loader.finish();
  PreparedPrompt prompt;
  prompt.tokens =
      model::tokenize_prompt(sources_.tokenizer, sources_.config, sources_.processor.chat, messages,
                             vision.items, {.max_tokens = options_.max_tokens});
  prompt.patches = std::move(vision.patches);
  return prompt;
}

PreparedPrompt PromptBuilder::build(const data::Sample& sample, bool blind) const {
  return build_changed(sample, {.blind = blind});
}

PreparedPrompt PromptBuilder::build_shuffled(const data::Sample& sample,
                                             const core::RandomStream& stream) const {
  return build_changed(sample, {.frame_shuffle = stream});
}

PreparedPrompt PromptBuilder::build_changed(const data::Sample& sample,
                                            const VisionChange& change) const {
  try {
    return build_unnamed(sample, change);
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("sample {}: {}", sample.index, error.what());
  }
}

void PromptBuilder::require_positions(const data::Sample& sample, const PreparedPrompt& prompt,
                                      int64_t num_new_tokens) const {
  const std::optional<int64_t> limit = sources_.config.max_positions;
  if (!limit || prompt.tokens.next_position + num_new_tokens <= *limit) return;
  core::throw_<core::DataError>(
      "sample {}: prompt: {} positions ({} tokens, {} of them of images and videos) and {} new "
      "tokens: expected at most {} positions (max_position_embeddings of config.json), found {}; "
      "show fewer or smaller frames, shorten the text or the demonstration, or lower "
      "rollout.max_new_tokens",
      sample.index, prompt.tokens.next_position, prompt.tokens.ids.size(),
      prompt.tokens.num_vision_tokens, num_new_tokens, *limit,
      prompt.tokens.next_position + num_new_tokens);
}

std::vector<int64_t> PromptBuilder::demonstration_ids(const data::Sample& sample) const {
  try {
    model::require_plain(sample.solution, model::Role::kAssistant);
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("sample {}: solution: {}", sample.index, error.what());
  }
  std::vector<int64_t> ids = sources_.tokenizer.encode(sample.solution);
  ids.push_back(sources_.tokenizer.id_of(model::kTurnEnd).value_or(sources_.config.eos_token_id));
  return ids;
}

}  // namespace retrace::rl
