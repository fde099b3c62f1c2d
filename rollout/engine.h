// Samples groups of completions: one prefill a prompt, its keys and values kept once for the whole
// group, then continuous decoding in tiles of a fixed number of rows.
//
// Note [Log-probs are those of the full distribution]: logprobs are taken before top-k, top-p and
// bans, because the trainer's distribution is the full one; with truncated sampling a ratio against
// renormalised log-probs would be biased by the kept mass.
//
// Note [Decode runs full tiles]: a matrix product may round differently for different row counts.
// Decode therefore always runs `tile_rows` rows (idle rows repeat the last one), and prefill one
// prompt at a time, so a completion's text depends on its prompt and its random stream only: not on
// what else is in the batch, nor on the rank count.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rollout/rollout_options.h"
#include "rollout/rollout_stats.h"
#include "rollout/types.h"

namespace retrace::rollout {

class RolloutEngine {
 public:
  // Both outlive the engine. Weights are read at each generate(); nothing that depends on them is
  // kept between calls. Throws ConfigError for options out of range or that do not fit the model.
  RolloutEngine(const model::QwenVl& model, const model::Tokenizer& tokenizer,
                RolloutOptions options);

  // One group a request, in order. `policy_version` is stored in every completion. Throws DataError
  // naming request, completion and token when the model's logits are not finite. `stats`, if given,
  // is overwritten. `on_group`, if given, is called on this thread once for each group, in the
  // order in which they end.
  std::vector<RolloutGroup> generate(std::span<const RolloutRequest> requests,
                                     int64_t policy_version, RolloutStats* stats = nullptr,
                                     const OnGroup& on_group = {}) const;

 private:
  const model::QwenVl& model_;
  const model::Tokenizer& tokenizer_;
  RolloutOptions options_;
};

}  // namespace retrace::rollout
