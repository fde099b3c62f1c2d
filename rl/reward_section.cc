#include "rl/reward_section.h"

#include <string>

#include "reward/builtin_rewards.h"

namespace retrace::rl {
namespace {

std::vector<std::string> names_of(const RewardSection& reward) {
  std::vector<std::string> names;
  for (const reward::RewardSpec& spec : reward.rewards) names.push_back(spec.name);
  return names;
}

}  // namespace

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

bool needs_judge(const RewardSection& reward) {
  return reward::needs_judge(names_of(reward));
}

bool needs_solution(const RewardSection& reward) {
  return reward::needs_solution(names_of(reward));
}

}  // namespace retrace::rl
