// A clock direction: "3 o'clock".
#pragma once

#include <string_view>

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

enum class ClockMeasure { kExact, kCircular };

struct ClockOptions {
  ClockMeasure measure = ClockMeasure::kExact;
};

ClockOptions read_clock_options(core::ConfigNode& node);

// With d the distance of two hours on the dial, 0 to 6:
//   exact     1 if d = 0, else 0
//   circular  1 - d / 6
// The answer is an hour from 1 to 12 in digits or as an English word, with or without "o'clock",
// and nothing else. Not judged: a sample whose answer is no hour.
class ClockReward : public RewardFn {
 public:
  explicit ClockReward(ClockOptions options) : options_(options) {}
  std::string_view name() const override { return "clock"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  ClockOptions options_;
};

std::optional<int> parse_clock_hour(std::string_view text);
int clock_distance(int first_hour, int second_hour);

}  // namespace retrace::reward
