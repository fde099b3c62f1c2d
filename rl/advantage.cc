#include "rl/advantage.h"

#include <cmath>

namespace retrace::rl {

GroupAdvantage group_advantage(std::span<const std::optional<double>> rewards_G,
                               const AdvantageOptions& options) {
  GroupAdvantage result;
  result.advantages.assign(rewards_G.size(), 0.0);
  double sum = 0;
  int64_t known = 0;
  std::optional<double> first;
  result.dead = true;
  for (const std::optional<double>& reward : rewards_G) {
    if (!reward) continue;
    if (!first) first = reward;
    if (*reward != *first) result.dead = false;
    sum += *reward;
    ++known;
  }
  if (known > 0) result.mean = sum / static_cast<double>(known);
  if (known < 2) return result;

  double squares = 0;
  for (const std::optional<double>& reward : rewards_G) {
    if (reward) squares += (*reward - result.mean) * (*reward - result.mean);
  }
  // A dead group is exactly zero, not the rounding of its mean divided by eps.
  result.std = result.dead ? 0.0 : std::sqrt(squares / static_cast<double>(known - 1));
  if (result.dead) return result;
  const double divisor =
      options.scale == AdvantageScale::kGroupStd ? result.std + options.std_epsilon : 1.0;
  for (size_t i = 0; i < rewards_G.size(); ++i) {
    if (rewards_G[i]) result.advantages[i] = (*rewards_G[i] - result.mean) / divisor;
  }
  return result;
}

}  // namespace retrace::rl
