// The list of rewards that ship. docs/rewards.md describes each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config_node.h"
#include "reward/reward_maker.h"

namespace retrace::reward {

std::vector<std::string> builtin_reward_names();

// Whether one of these rewards asks RewardResources::judge.
bool needs_judge(const std::vector<std::string>& names);
// Whether one of these rewards reads Sample::solution.
bool needs_solution(const std::vector<std::string>& names);

// Reads the options of the reward `name` from its entry in a recipe. Throws ConfigError naming the
// known rewards, or for an option out of range. Unknown keys are the caller's (node.finish()).
RewardMaker read_reward(std::string_view name, core::ConfigNode& node);

// With the options' defaults.
RewardMaker default_reward(std::string_view name);

}  // namespace retrace::reward
