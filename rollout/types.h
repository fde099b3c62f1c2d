// Records of the rollout: what is asked, and what came back (rollout/completion.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "core/random.h"
#include "model/prompt.h"
#include "rollout/completion.h"

namespace retrace::rollout {

struct RolloutRequest {
  const model::PromptTokens* prompt = nullptr;  // not owned
  at::Tensor vision_rows;  // [R, K*D] of its placeholders (QwenVl::vision_embeddings); undefined
                           // for text only
  int64_t num_completions = 1;  // G
  core::RandomStream stream;    // completion g, token t draws stream.substream(g).uniform(t)
};

// What happens with a group as soon as its last completion has ended, while others are sampled.
using OnGroup = std::function<void(size_t request_idx, const RolloutGroup& group)>;

}  // namespace retrace::rollout
