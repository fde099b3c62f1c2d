// From a question and a grid of vision patches to token ids and positions: the chat template of
// Qwen2-VL, vision placeholder expansion, and M-RoPE positions.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_config.h"
#include "model/tokenizer.h"
#include "model/vision_preprocess.h"

namespace retrace::model {

// One user turn. `system` empty gives the family's default system message.
struct ChatTurn {
  std::string system;
  std::string text;
  bool has_video = false;  // the video comes before the text
};

// "<|im_start|>system\n...<|im_end|>\n<|im_start|>user\n<|vision_start|><|video_pad|><|vision_end|>text<|im_end|>\n
// <|im_start|>assistant\n", with one video_pad.
std::string render_chat(const ChatTurn& turn);

struct PromptTokens {
  std::vector<int64_t> ids;   // [T]; each video placeholder expanded to grid tokens
  at::Tensor positions;       // [3, T] int64: time, height, width
  int64_t next_position = 0;  // position of the first completion token, on all axes
};

// Throws DataError if the text itself holds vision or chat control tokens, or if the number of
// placeholders differs from the number of grids; CheckpointError if tokenizer and config disagree
// on ids.
PromptTokens tokenize_prompt(const Tokenizer& tokenizer, const ModelConfig& config,
                             const ChatTurn& turn, const std::vector<GridThw>& video_grids);

// M-RoPE positions of Qwen2-VL for ids whose video (or image) placeholders are already expanded;
// grids in order of appearance. Returns [3, T] and the next position. Throws InternalError if ids
// and grids disagree.
struct MropePositions {
  at::Tensor positions;  // [3, T] int64
  int64_t next_position = 0;
};
MropePositions mrope_positions(const std::vector<int64_t>& ids, const ModelConfig& config,
                               const std::vector<GridThw>& grids);

// Ids the policy must never sample, ascending: every vision placeholder and control token but the
// two that end a completion (<|im_end|>, <|endoftext|>), and rows of the embedding that no token of
// the tokenizer has.
std::vector<int64_t> unsampleable_ids(const Tokenizer& tokenizer, const ModelConfig& config);

}  // namespace retrace::model
