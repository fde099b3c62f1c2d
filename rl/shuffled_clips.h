// Extra rollouts about clips with their frames in another order, for rewards that ask for them
// (reward/group_reward.h). Their completions are judged and stored, never trained on.
#pragma once

#include <vector>

#include "core/random.h"
#include "reward/rubric.h"
#include "rl/grpo_work.h"
#include "rl/stage.h"

namespace retrace::rl {

class ShuffledClips {
 public:
  // The rubric must outlive this object.
  ShuffledClips(const RunContext& context, const reward::Rubric& rubric);

  // Makes the shuffled prompts of items that the rubric wants them of and that have a video: a
  // function of (seed, slot), so that a resumed run makes the same. Runs the vision tower without
  // gradient.
  void prepare(std::vector<PromptWork>& work) const;
  rollout::RolloutRequest request(const PromptWork& item) const;

 private:
  RunContext context_;
  const reward::Rubric& rubric_;
  core::RandomStream frame_stream_, sampling_stream_;
};

}  // namespace retrace::rl
