// The rewards of the ST-R1 release, defects included, for comparison. docs/rewards.md shows their
// verdicts beside those of the strict ones.
#pragma once

#include <string>
#include <string_view>

#include "reward/reward_fn.h"

namespace retrace::reward {

// First a number rule, standing for the release's call of math_verify: the last number of the whole
// completion equals the last number of the whole demonstration. Else the first text between
// <answer> and </answer>, stripped, against that of the demonstration: 1 if the first characters
// are the same, case and all. No tag pair or an empty answer: 0.
//
// "Answer: C" pays when A is right; "(A)" and "a" do not. Truncation is not looked at. Not judged:
// a sample with neither an answer in its demonstration nor an answer of its own.
class ReleasedLetterReward : public RewardFn {
 public:
  std::string_view name() const override { return "released_letter"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

// 1 if re.match(r"<think>.*?</think>\s*<answer>.*?</answer>", text, re.DOTALL) matches, else 0. It
// is anchored at the start only: anything may follow, and tags may repeat.
class ReleasedFormatReward : public RewardFn {
 public:
  std::string_view name() const override { return "released_format"; }
  std::optional<double> score(const RewardInput& input) const override;
};

}  // namespace retrace::reward
