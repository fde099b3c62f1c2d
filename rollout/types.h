// Records of the rollout: what is asked, and what came back.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "model/prompt.h"

namespace retrace::rollout {

struct RolloutRequest {
  const model::PromptTokens* prompt = nullptr;  // not owned
  at::Tensor vision_rows;                       // [R, D] embeddings of its placeholders; undefined for text only
  int64_t num_completions = 1;                  // G
  core::RandomStream stream;                    // completion g, token t draws stream.substream(g).uniform(t)
};

enum class FinishReason { kStop, kLength };
std::string_view to_string(FinishReason reason);  // "stop", "length"

struct Completion {
  std::vector<int64_t> ids;      // the stop token included
  std::vector<float> logprobs;   // one per id, full distribution at the sampling temperature
  std::string text;              // decoded, special tokens left out
  FinishReason finish = FinishReason::kStop;
  int64_t policy_version = 0;
};

struct RolloutGroup {
  std::vector<Completion> completions;  // [G]
};

}  // namespace retrace::rollout
