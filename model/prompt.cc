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

constexpr std::string_view kDefaultSystem = "You are a helpful assistant.";
constexpr std::string_view kTurnStart = "<|im_start|>";
constexpr std::string_view kTurnEnd = "<|im_end|>";
constexpr std::string_view kTextEnd = "<|endoftext|>";
constexpr std::string_view kVisionStart = "<|vision_start|>";
constexpr std::string_view kVisionEnd = "<|vision_end|>";
constexpr std::string_view kVisionPad = "<|vision_pad|>";
constexpr std::string_view kImagePad = "<|image_pad|>";
constexpr std::string_view kVideoPad = "<|video_pad|>";
constexpr std::array kControlTokens = {kTurnStart, kTurnEnd,   kTextEnd,  kVisionStart,
                                       kVisionEnd, kVisionPad, kImagePad, kVideoPad};

void require_plain(std::string_view text, std::string_view part) {
  for (const std::string_view token : kControlTokens) {
    const size_t place = text.find(token);
    if (place == std::string_view::npos) continue;
    throw_<DataError>(
        "prompt: the {} text holds the control token '{}' at byte {}; expected plain text, remove "
        "it from the sample (a video is attached by its path, not by a placeholder)",
        part, token, place);
  }
}

void require_same_ids(const Tokenizer& tokenizer, const ModelConfig& config) {
  const std::array<std::tuple<std::string_view, std::string_view, int64_t>, 4> expected = {
      {{kImagePad, "image_token_id", config.image_token_id},
       {kVideoPad, "video_token_id", config.video_token_id},
       {kVisionStart, "vision_start_token_id", config.vision_start_token_id},
       {kVisionEnd, "vision_end_token_id", config.vision_end_token_id}}};
  for (const auto& [token, key, id] : expected) {
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

std::vector<int64_t> expand_placeholders(const std::vector<int64_t>& ids, const ModelConfig& config,
                                         const std::vector<GridThw>& grids) {
  const auto num_found = std::count(ids.begin(), ids.end(), config.video_token_id);
  if (static_cast<size_t>(num_found) != grids.size()) {
    throw_<DataError>(
        "prompt: expected one video a placeholder, found {} videos and {} placeholders",
        grids.size(), num_found);
  }
  std::vector<int64_t> expanded;
  size_t grid_idx = 0;
  for (const int64_t id : ids) {
    const bool is_video = id == config.video_token_id;
    const int64_t count =
        is_video ? grids[grid_idx++].num_tokens(config.vision.spatial_merge_size) : 1;
    RETRACE_CHECK(count > 0, "video {} has a grid without tokens", grid_idx - 1);
    expanded.insert(expanded.end(), static_cast<size_t>(count), id);
  }
  return expanded;
}

}  // namespace

std::string render_chat(const ChatTurn& turn) {
  std::string vision;
  if (turn.has_video) vision = fmt::format("{}{}{}", kVisionStart, kVideoPad, kVisionEnd);
  return fmt::format("{0}system\n{2}{1}\n{0}user\n{3}{4}{1}\n{0}assistant\n", kTurnStart, kTurnEnd,
                     turn.system.empty() ? kDefaultSystem : turn.system, vision, turn.text);
}

PromptTokens tokenize_prompt(const Tokenizer& tokenizer, const ModelConfig& config,
                             const ChatTurn& turn, const std::vector<GridThw>& video_grids) {
  require_plain(turn.system, "system");
  require_plain(turn.text, "user");
  require_same_ids(tokenizer, config);
  PromptTokens prompt;
  prompt.ids = expand_placeholders(tokenizer.encode(render_chat(turn)), config, video_grids);
  MropePositions mrope = mrope_positions(prompt.ids, config, video_grids);
  prompt.positions = std::move(mrope.positions);
  prompt.next_position = mrope.next_position;
  return prompt;
}

std::vector<int64_t> unsampleable_ids(const Tokenizer& tokenizer, const ModelConfig& config) {
  std::vector<int64_t> ids = {config.image_token_id, config.video_token_id,
                              config.vision_start_token_id, config.vision_end_token_id};
  for (const std::string_view token : kControlTokens) {
    if (token == kTurnEnd || token == kTextEnd) continue;
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
