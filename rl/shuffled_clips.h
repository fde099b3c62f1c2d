// Extra rollouts about clips with their frames in another order, for rewards that ask for them
// (reward/group_reward.h). Their completions are judged and stored, never trained on.
#pragma once

#include <vector>

#include "core/random.h"
#include "rl/grpo_work.h"
#include "rl/stage.h"

namespace retrace::rl {

class ShuffledClips {
 public:
  // `num_completions` a group; with 0 nothing is done and nothing costs time.
  ShuffledClips(const RunContext& context, int64_t num_completions);

  // Makes the shuffled prompts of items with a video: a function of (seed, slot), so that a resumed
  // run makes the same. Runs the vision tower without gradient.
  void prepare(std::vector<PromptWork>& work) const;
  rollout::RolloutRequest request(const PromptWork& item) const;

 private:
  RunContext context_;
  int64_t num_completions_;
  core::RandomStream frame_stream_, sampling_stream_;
};

}  // namespace retrace::rl
