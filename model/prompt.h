// From a chat and its images and videos to token ids and positions: placeholder expansion and
// M-RoPE positions of Qwen2-VL, Qwen2.5-VL and Qwen3-VL.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/chat_template.h"
#include "model/model_config.h"
#include "model/tokenizer.h"
#include "model/vision_item.h"

namespace retrace::model {

struct PromptTokens {
  std::vector<int64_t> ids;       // [T]; placeholders expanded to one a vision token
  at::Tensor positions;           // [3, T] int64: time, height, width
  int64_t next_position = 0;      // position of the first completion token, on all axes
  int64_t num_vision_tokens = 0;  // rows that the model takes from the vision tower
};

struct PromptLimits {
  bool add_generation_prompt = true;
  int64_t max_tokens = 0;  // 0: no limit
};

// `items` are the images and videos of the chat, in order. A placeholder becomes t*h*w / merge^2
// copies; a video of Qwen3-VL becomes, for each frame pair,
// "<{t:.1f} seconds><|vision_start|>" + h*w / merge^2 copies + "<|vision_end|>".
// Throws what render_chat throws; DataError if parts and items differ in number or kind, or if the
// prompt is longer than max_tokens: a prompt is never cut, since a cut loses the question or splits
// a video. CheckpointError if tokenizer and config disagree on ids.
PromptTokens tokenize_prompt(const Tokenizer& tokenizer, const ModelConfig& config,
                             const ChatTemplate& chat, std::span<const ChatMessage> messages,
                             std::span<const VisionItem> items, const PromptLimits& limits = {});

// M-RoPE positions of ids whose placeholders are already expanded. Text advances all axes together.
// A span (t, h, w) that starts at p gives its cell (ti, hi, wi) the positions
//
//   time p + floor(ti * seconds_per_pair * tokens_per_second)   Qwen2.5-VL, videos only
//   time p + ti                                                 otherwise
//   height p + hi, width p + wi                                 in merged cells
//
// and what follows starts after the largest position on any axis. The products are float32, as in
// the published training code. Throws InternalError if ids and items disagree.
struct MropePositions {
  at::Tensor positions;  // [3, T] int64
  int64_t next_position = 0;
};
MropePositions mrope_positions(std::span<const int64_t> ids, const ModelConfig& config,
                               std::span<const VisionItem> items);

// Ids that end a completion: <|im_end|>, <|endoftext|> and the eos_token_id of config.json. Without
// repetition.
std::vector<int64_t> stop_ids(const Tokenizer& tokenizer, const ModelConfig& config);

// Ids the policy must never sample, ascending: every vision placeholder and control token but the
// two that end a completion (<|im_end|>, <|endoftext|>), and rows of the embedding that no token of
// the tokenizer has.
std::vector<int64_t> unsampleable_ids(const Tokenizer& tokenizer, const ModelConfig& config);

}  // namespace retrace::model
