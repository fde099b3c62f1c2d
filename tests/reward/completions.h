// Completions in the strict format, and their scores.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reward/reward_fn.h"

namespace retrace::reward::test {

inline std::string answered(std::string_view answer, std::string_view thought = "x") {
  std::string text = "<think>";
  text.append(thought).append("</think> <answer>").append(answer).append("</answer>");
  return text;
}

// Of a completion with that answer, where the sample's answer is `right`.
inline std::optional<double> score_answer(const RewardFn& reward, std::string right,
                                          std::string_view answer) {
  data::Sample sample;
  sample.answer = std::move(right);
  return reward.score({answered(answer), false, sample});
}

}  // namespace retrace::reward::test
