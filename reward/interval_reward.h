// When something happens: overlap of time spans.
#pragma once

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

enum class IntervalMeasure { kSingle, kUnion, kTimestamp };

struct IntervalOptions {
  IntervalMeasure measure = IntervalMeasure::kSingle;
  double duration_s = 60;  // kTimestamp: T, the length of the clips
};

IntervalOptions read_interval_options(core::ConfigNode& node);

// With the spans in the <answer> of the strict grammar (reward/interval_set.h) and in the sample's
// answer, IoU the length of what they share over that of what they cover:
//   single     IoU of exactly one span
//   union      IoU of the unions of any number of spans, gaps left out (VideoChat-R1 covers them)
//   timestamp  IoU (1 - |begin error| / T) (1 - |end error| / T), factors at least 0 (Time-R1)
// 0: no span, too many, words beside it, a negative time, an end before its begin. Not judged: a
// sample whose answer is no such span.
class IntervalReward : public RewardFn {
 public:
  explicit IntervalReward(IntervalOptions options) : options_(options) {}
  std::string_view name() const override { return "interval_iou"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  IntervalOptions options_;
};

}  // namespace retrace::reward
