// How a reward is made: its options are read with the recipe, what it needs from outside comes with
// the rubric.
#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "reward/group_reward.h"
#include "reward/judge.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

// Outlives the rubric that is made with it.
struct RewardResources {
  const Judge* judge = nullptr;  // null: none is configured
};

using AnyReward = std::variant<std::unique_ptr<RewardFn>, std::unique_ptr<GroupRewardFn>>;
// Throws ConfigError when a resource is missing.
using RewardMaker = std::function<AnyReward(const RewardResources&)>;

}  // namespace retrace::reward
