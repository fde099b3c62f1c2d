// How completions are sampled and when they end.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/sampling.h"
#include "model/model_config.h"

namespace retrace::rollout {

inline constexpr int64_t kMostNewTokens = 131072;
inline constexpr int64_t kMostTileRows = 4096;

struct RolloutOptions {
  kernels::SamplingOptions sampling;
  int64_t max_new_tokens = 256;     // in [1, kMostNewTokens]; keys and values grow with it
  std::vector<int64_t> stop_ids;    // end a completion; part of it. Empty: only the length ends it
  std::vector<int64_t> banned_ids;  // never sampled (model::unsampleable_ids)
  int64_t tile_rows = 32;           // sequences decoded together, in [1, kMostTileRows]
};

// Throws ConfigError on values outside their range.
void validate(const RolloutOptions& options);

// Throws ConfigError for ids outside the model's vocabulary, if nothing is left to sample, or if a
// vision placeholder could be sampled: the model would look for its embedding.
void validate_for_model(const RolloutOptions& options, const model::ModelConfig& config);

}  // namespace retrace::rollout
