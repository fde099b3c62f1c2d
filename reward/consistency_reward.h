// Whether the thought leads to the answer.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "reward/reward_fn.h"

namespace retrace::reward {

// What a thought says of the letter: the last statement counts.
struct StatedLetter {
  char letter = 0;
  bool hedged = false;  // "A or B", "A and B"
};

// Statements are "answer is X", "option X", "choose X" and the like, X one of the first
// `num_letters` capital letters: "to answer, I" and "the answer is U-turn" state none of four.
std::optional<StatedLetter> stated_letter(std::string_view thought, size_t num_letters = 26);

// 1 if what the thought states last agrees with the letter in the <answer> of the strict grammar,
// else 0. In this order:
//   a letter                  it is the answer's, and alone
//   an option, word for word  it is the answer's, the one that ends last
//   turns or steps            they end with those of the answer's option, and with no longer option
// A thought that states none of these leads nowhere: 0. Whether the answer is right is not looked
// at, so gate this reward or weigh it below the letter. Not judged: a sample without options whose
// answer is no letter.
class ConsistencyReward : public RewardFn {
 public:
  std::string_view name() const override { return "consistency"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

}  // namespace retrace::reward
