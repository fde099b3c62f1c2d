// The answer of a multiple-choice question, strictly.
#pragma once

#include "reward/reward_fn.h"

namespace retrace::reward {

// 1 if the only <answer> pair holds exactly the right letter ("B" or "B."), else 0. Truncated
// completions score 0. Not judged: a sample whose answer is no letter.
class StrictLetterReward : public RewardFn {
 public:
  std::string_view name() const override { return "letter"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

}  // namespace retrace::reward
