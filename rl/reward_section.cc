#include "rl/reward_section.h"

namespace retrace::rl {

void read_reward(core::ConfigNode root, RewardSection& reward) {
  core::ConfigNode node = root.section("reward");
  reward.rewards = reward::read_rubric(node);
  node.read_choice("on_missing", reward.on_missing,
                   {{"skip", MissingPolicy::kSkip}, {"stop", MissingPolicy::kStop}});
  node.read("threads", reward.threads);
  node.require(reward.threads >= 1 && reward.threads <= 256, "threads", "must be in [1, 256]",
               reward.threads);
  node.finish();
}

}  // namespace retrace::rl
