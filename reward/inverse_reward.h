// Whether the answer is the way back of what was thought: Ego-ST's reverse thinking.
#pragma once

#include "reward/reward_fn.h"

namespace retrace::reward {

// The thought should state the route of the opposite direction, and the option in the <answer> of
// the strict grammar should be its inverse: order reversed; left and right swapped in questions
// about directions. With t what the thought states and a what the chosen option states
// (reward/route_events.h):
//
//   score = 2 LCS(inverse(t), a) / (|t| + |a|)
//
// A thought that goes on to state the inverse itself, t = s + inverse(s), may count as s. 0: no
// letter, a letter without option, a thought or option that states nothing. Not judged: a sample
// without options, and one about actions: what is taken is put back on the way back, so no order of
// the same steps is the inverse. The right letter is not looked at.
class InverseReward : public RewardFn {
 public:
  std::string_view name() const override { return "inverse_consistency"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

}  // namespace retrace::reward
