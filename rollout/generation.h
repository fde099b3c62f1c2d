// One call of the engine: schedule, run a decode step, take the tokens, until every completion has
// ended.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rollout/decode_context.h"
#include "rollout/kv_slabs.h"
#include "rollout/rollout_options.h"
#include "rollout/rollout_stats.h"
#include "rollout/scheduler.h"
#include "rollout/sequence.h"
#include "rollout/types.h"

namespace retrace::rollout {

class Generation {
 public:
  // Everything given outlives the generation. Throws InternalError for a request without a prompt
  // or completions.
  Generation(const model::QwenVl& model, const model::Tokenizer& tokenizer,
             const RolloutOptions& options, std::span<const RolloutRequest> requests,
             RolloutStats& stats);

  // Once. One group a request, in order. `on_group` may be empty.
  std::vector<RolloutGroup> run(int64_t policy_version, const OnGroup& on_group);

 private:
  // What a group holds from its prefill until its last completion ends.
  struct GroupState {
    PrefixKv prefix;
    at::Tensor first_logits;  // [1, V]: of the first token of every completion
  };

  void fill_tile();
  void prefill(int64_t group_idx);
  void decode_step();
  at::Tensor tile_logits();  // [tile_rows, V]: runs the model on the last token of every row
  void take_token(int64_t row, const float* logits_V);
  void finish(int64_t row);

  const model::QwenVl& model_;
  const model::Tokenizer& tokenizer_;
  const RolloutOptions& options_;
  std::span<const RolloutRequest> requests_;
  RolloutStats& stats_;
  StopRule stop_rule_;
  Scheduler scheduler_;
  SuffixSlabs slabs_;  // one a row of the scheduler, and a scratch slab for idle rows
  at::Tensor tile_ids_, tile_positions_;       // [B] and [3, B] int64
  std::vector<std::optional<Sequence>> rows_;  // sequence in each row
  std::vector<std::optional<GroupState>> group_states_;
  std::vector<RolloutGroup> groups_;
  std::vector<size_t> ended_groups_;  // since the last report
};

}  // namespace retrace::rollout
