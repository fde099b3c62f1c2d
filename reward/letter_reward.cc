#include "reward/letter_reward.h"

#include <fmt/format.h>

#include "reward/answer_parser.h"

namespace retrace::reward {

std::optional<double> StrictLetterReward::score(const RewardInput& input) const {
  const std::optional<char> right = answer_letter(input.sample.answer);
  if (!right)
    return std::nullopt;  // no letter to compare with: the sample is at fault, not the completion
  if (input.truncated) return 0.0;
  return extract_letter(input.completion) == right ? 1.0 : 0.0;
}

std::string StrictLetterReward::why_unfit(const data::Sample& sample) const {
  if (answer_letter(sample.answer)) return "";
  return fmt::format("its answer must be one capital letter, is '{:.40}'", sample.answer);
}

}  // namespace retrace::reward
