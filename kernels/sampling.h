// Draws one token from a row of logits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace retrace::kernels {

struct SamplingOptions {
  double temperature = 1.0;  // 0: the largest logit (lowest id on ties)
  int64_t top_k = 0;         // keep the k most likely; 0: all
  double top_p = 1.0;        // keep the smallest most-likely set of at least this mass; 1: all
};

struct SampledToken {
  int64_t id = 0;
  float logprob = 0;  // under the full distribution at `temperature` (at 1 for greedy), before
                      // top-k, top-p and bans
};

// `uniform` in [0, 1) picks the token by inverting the cumulative distribution over ids in
// ascending order. Ids in `banned` are never drawn; their mass still counts in `logprob`, as the
// trainer's distribution has it. See Note [Log-probs are those of the full distribution] in
// rollout/engine.h.
SampledToken sample_token(std::span<const float> logits_V, const SamplingOptions& options,
                          std::span<const int64_t> banned, double uniform);

}  // namespace retrace::kernels
