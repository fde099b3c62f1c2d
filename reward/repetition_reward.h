// Whether a completion says the same again and again.
#pragma once

#include <cstdint>

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

struct RepetitionOptions {
  int64_t ngram_words = 4;
};

RepetitionOptions read_repetition_options(core::ConfigNode& node);

// -(1 - distinct / all) over the n-grams of words, in [-1, 0]; 0 for texts of fewer than n words.
// Words longer than 32 bytes are cut into pieces of 8, so that a text without spaces cannot hide.
// Nor can one of marks: beyond the third without a word between, each of them is a word.
class RepetitionReward : public RewardFn {
 public:
  explicit RepetitionReward(RepetitionOptions options) : options_(options) {}
  std::string_view name() const override { return "repetition"; }
  std::optional<double> score(const RewardInput& input) const override;

 private:
  RepetitionOptions options_;
};

}  // namespace retrace::reward
