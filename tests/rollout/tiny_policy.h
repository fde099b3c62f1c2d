// A tiny random policy with the tiny model's tokenizer, and prompts for it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/random.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rollout/engine.h"

namespace retrace::test {

struct TinyPolicy {
  explicit TinyPolicy(model::ModelFamily family = model::ModelFamily::kQwen2Vl);

  model::Tokenizer tokenizer;
  model::QwenVl qwen;

  model::PromptTokens text_prompt(const std::string& text) const;
  // A clip of 4 vision tokens before the text.
  model::PromptTokens video_prompt(const std::string& text) const;
  at::Tensor vision_rows(uint64_t seed) const;  // [4, K*D], for a video_prompt

  // Sampling at temperature 1, bans as in training, both end tokens as stops.
  rollout::RolloutOptions options(int64_t max_new_tokens) const;
};

// Three prompts (the middle one with video, if the model sees) and a request of `num_completions`
// for each, with streams of their own. Kept in one object because requests point at prompts.
struct TinyRequests {
  TinyRequests(const TinyPolicy& policy, int64_t num_completions);
  TinyRequests(const TinyRequests&) = delete;
  TinyRequests& operator=(const TinyRequests&) = delete;

  std::vector<model::PromptTokens> prompts;
  std::vector<rollout::RolloutRequest> requests;
};

// log softmax(logits / temperature) of each id of each completion, and the logits themselves, from
// one packed training forward: [prompt | r1 | ... | rG], completions with the prompt as parent.
struct PackedScores {
  std::vector<at::Tensor> logprobs;  // [G] of [num ids] float32
  std::vector<at::Tensor> logits;    // [G] of [num ids, V]
};
PackedScores score_packed(const model::QwenVl& qwen, const rollout::RolloutRequest& request,
                          const rollout::RolloutGroup& group, double temperature);

// Same ids, bit-equal log-probs, text and finish reason.
void expect_identical(const rollout::RolloutGroup& actual, const rollout::RolloutGroup& expected);

}  // namespace retrace::test
