// The form of a completion, strictly.
#pragma once

#include "reward/reward_fn.h"

namespace retrace::reward {

// 1 if the completion follows the strict tag grammar (reward/answer_parser.h), else 0.
class FormatReward : public RewardFn {
 public:
  std::string_view name() const override { return "format"; }
  std::optional<double> score(const RewardInput& input) const override;
};

}  // namespace retrace::reward
