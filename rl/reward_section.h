// The recipe's reward: which rewards, how they add up, and how they are run.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config_node.h"
#include "reward/rubric.h"

namespace retrace::rl {

// What to do with a completion whose total is unknown, because a judge failed or its sample does
// not fit a reward.
enum class MissingPolicy {
  kSkip,  // it gets advantage 0 and leaves its group's mean and deviation alone
  kStop,  // the run stops
};

struct RewardSection {
  std::vector<reward::RewardSpec> rewards;
  MissingPolicy on_missing = MissingPolicy::kSkip;
  int64_t threads = 4;  // score completions while others are sampled; results do not depend on it
};

// Reads section "reward" of the recipe. Throws ConfigError.
void read_reward(core::ConfigNode root, RewardSection& reward);

// Whether a reward of the recipe asks the judge, or reads Sample::solution.
bool needs_judge(const RewardSection& reward);
bool needs_solution(const RewardSection& reward);

}  // namespace retrace::rl
