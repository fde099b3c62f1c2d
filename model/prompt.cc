#include "model/prompt.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "core/error.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::DataError;
using core::throw_;

void require_same_ids(const Tokenizer& tokenizer, const ModelConfig& config) {
  const std::array<std::tuple<std::string_view, std::string_view, int64_t>, 4> expected = {
      {{kImagePad, "image_token_id", config.image_token_id},
       {kVideoPad, "video_token_id", config.video_token_id},
       {kVisionStart, "vision_start_token_id", config.vision_start_token_id},
       {kVisionEnd, "vision_end_token_id", config.vision_end_token_id}}};
  for (const auto& [token, key, id] : expected) {
    if (config.family == ModelFamily::kQwen2Text) break;  // its config.json names none
    const std::optional<int64_t> found = tokenizer.id_of(token);
    if (found == id) continue;
    throw_<CheckpointError>(
        "prompt: '{}': config.json gives {} {}, tokenizer.json {}; take both files from the same "
        "checkpoint",
        token, key, id, found ? std::to_string(*found) : "has no such token");
  }
  if (tokenizer.vocab_size() > config.vocab_size) {
    throw_<CheckpointError>(
        "prompt: tokenizer.json has ids up to {}, config.json a vocab_size of {}; take both files "
        "from the same checkpoint",
        tokenizer.vocab_size() - 1, config.vocab_size);
  }
}

// The kinds of the chat's vision parts, in order.
std::vector<VisionKind> vision_parts(std::span<const ChatMessage> messages) {
  std::vector<VisionKind> kinds;
  for (const ChatMessage& message : messages) {
    for (const ChatPart& part : message.parts) {
      if (part.kind == ChatPart::Kind::kImage) kinds.push_back(VisionKind::kImage);
      if (part.kind == ChatPart::Kind::kVideo) kinds.push_back(VisionKind::kVideo);
    }
  }
  return kinds;
}

void require_items(std::span<const ChatMessage> messages, std::span<const VisionItem> items) {
  const std::vector<VisionKind> kinds = vision_parts(messages);
  const auto name = [](VisionKind kind) {
    return kind == VisionKind::kImage ? "an image" : "a video";
  };
  if (kinds.size() != items.size()) {
    throw_<DataError>(
        "prompt: expected one image or video a placeholder, found {} images and videos and {} "
        "placeholders",
        items.size(), kinds.size());
  }
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i] == items[i].kind) continue;
    throw_<DataError>("prompt: placeholder {} is of {}, but {} is given for it", i, name(kinds[i]),
                      name(items[i].kind));
  }
}

// Each pair of a Qwen3-VL video is introduced by its time.
std::string timed_placeholders(const VisionItem& video) {
  RETRACE_CHECK(static_cast<int64_t>(video.pair_seconds.size()) == video.grid.t,
                "a video of {} frame pairs has {} times", video.grid.t, video.pair_seconds.size());
  std::string text;
  for (const double seconds : video.pair_seconds) {
    text += fmt::format("<{:.1f} seconds>{}", seconds, one_placeholder(VisionKind::kVideo));
  }
  return text;
}

std::string render_with_times(const ChatTemplate& chat, std::span<const ChatMessage> messages,
                              std::span<const VisionItem> items, bool add_generation_prompt) {
  size_t next = 0;
  return render_chat(chat, messages, add_generation_prompt, [&](VisionKind kind) {
    const VisionItem& item = items[next++];
    const bool is_timed = chat.family == ModelFamily::kQwen3Vl && item.kind == VisionKind::kVideo;
    return is_timed ? timed_placeholders(item) : one_placeholder(kind);
  });
}

std::vector<int64_t> expand_placeholders(const std::vector<int64_t>& ids, const ModelConfig& config,
                                         const std::vector<VisionSpan>& spans) {
  std::vector<int64_t> expanded;
  size_t next = 0;
  for (const int64_t id : ids) {
    int64_t count = 1;
    if (id == config.image_token_id || id == config.video_token_id) {
      RETRACE_CHECK(next < spans.size(), "more placeholders than the {} expected", spans.size());
      count = spans[next++].grid.num_tokens(config.vision.spatial_merge_size);
      RETRACE_CHECK(count > 0, "vision span {} has a grid without tokens", next - 1);
    }
    expanded.insert(expanded.end(), static_cast<size_t>(count), id);
  }
  RETRACE_CHECK(next == spans.size(), "expected {} placeholders, found {}", spans.size(), next);
  return expanded;
}

void require_length(const PromptTokens& prompt, size_t num_items, int64_t max_tokens) {
  const auto length = static_cast<int64_t>(prompt.ids.size());
  if (max_tokens == 0 || length <= max_tokens) return;
  throw_<DataError>(
      "prompt: {} tokens, {} of them of {} images and videos, but the limit is {}; a prompt is "
      "never cut, since that would lose the question or split a video: show fewer or smaller "
      "frames, or raise the limit (prompt.max_tokens)",
      length, prompt.num_vision_tokens, num_items, max_tokens);
}

}  // namespace

PromptTokens tokenize_prompt(const Tokenizer& tokenizer, const ModelConfig& config,
                             const ChatTemplate& chat, std::span<const ChatMessage> messages,
                             std::span<const VisionItem> items, const PromptLimits& limits) {
  RETRACE_CHECK(chat.family == config.family, "chat template and model are of different families");
  require_same_ids(tokenizer, config);
  require_items(messages, items);
  const std::string text = render_with_times(chat, messages, items, limits.add_generation_prompt);
  const std::vector<VisionSpan> spans = vision_spans(items, config.family);
  PromptTokens prompt;
  prompt.ids = expand_placeholders(tokenizer.encode(text), config, spans);
  for (const VisionItem& item : items)
    prompt.num_vision_tokens += item.grid.num_tokens(config.vision.spatial_merge_size);
  require_length(prompt, items.size(), limits.max_tokens);
  MropePositions mrope = mrope_positions(prompt.ids, config, items);
  prompt.positions = std::move(mrope.positions);
  prompt.next_position = mrope.next_position;
  return prompt;
}

std::vector<int64_t> stop_ids(const Tokenizer& tokenizer, const ModelConfig& config) {
  std::vector<int64_t> ids = {config.eos_token_id};
  for (const std::string_view token : {kTurnEnd, kTextEnd}) {
    const std::optional<int64_t> id = tokenizer.id_of(token);
    if (id && std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  }
  return ids;
}

std::vector<int64_t> unsampleable_ids(const Tokenizer& tokenizer, const ModelConfig& config) {
  std::vector<int64_t> ids;
  if (config.family != ModelFamily::kQwen2Text) {
    ids = {config.image_token_id, config.video_token_id, config.vision_start_token_id,
           config.vision_end_token_id};
  }
  for (const std::string_view token :
       {kTurnStart, kVisionStart, kVisionEnd, kVisionPad, kImagePad, kVideoPad}) {
    if (const std::optional<int64_t> id = tokenizer.id_of(token)) ids.push_back(*id);
  }
  for (int64_t id = 0; id < config.vocab_size; ++id) {
    const std::array<int64_t, 1> single = {id};
    const bool has_token = !tokenizer.decode(single, /*skip_special=*/false).empty();
    if (!has_token) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

}  // namespace retrace::model
