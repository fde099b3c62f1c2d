// The rewards that ship, and the list that makes them by name.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reward/reward_fn.h"

namespace retrace::reward {

// 1 if the only <answer> pair holds exactly the right letter ("B" or "B."), else 0. Truncated
// completions score 0.
class StrictLetterReward : public RewardFn {
 public:
  std::string_view name() const override { return "letter"; }
  std::optional<double> score(const RewardInput& input) const override;
};

// 1 if the completion follows the strict tag grammar (reward/answer_parser.h), else 0.
class FormatReward : public RewardFn {
 public:
  std::string_view name() const override { return "format"; }
  std::optional<double> score(const RewardInput& input) const override;
};

std::vector<std::string> builtin_reward_names();
// Throws ConfigError naming the known rewards.
std::unique_ptr<RewardFn> make_reward(std::string_view name);

}  // namespace retrace::reward
