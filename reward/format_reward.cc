#include "reward/format_reward.h"

#include "reward/answer_parser.h"

namespace retrace::reward {

std::optional<double> FormatReward::score(const RewardInput& input) const {
  return parse_strict(input.completion) ? 1.0 : 0.0;
}

}  // namespace retrace::reward
