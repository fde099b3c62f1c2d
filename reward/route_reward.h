// A reward from a judge of route descriptions.
#pragma once

#include "reward/judge.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

// percent / 100 of the judge's verdict on the text inside the only <answer> pair, for open route
// questions. A truncated completion, and one with no such pair or nothing inside it, scores 0 and
// the judge is not asked. nullopt if the judge could not say, and for every other sample.
class RouteReward : public RewardFn {
 public:
  explicit RouteReward(const Judge* judge) : judge_(judge) {}  // outlives this
  std::string_view name() const override { return "route"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  const Judge* judge_;
};

}  // namespace retrace::reward
