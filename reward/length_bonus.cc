#include "reward/length_bonus.h"

#include <cmath>

namespace retrace::reward {

LengthBonusOptions read_length_bonus_options(core::ConfigNode& node) {
  LengthBonusOptions options;
  node.read("accuracy", options.accuracy);
  node.read("correct_above", options.correct_above);
  node.read("min_correct", options.min_correct);
  node.read("min_tokens", options.min_tokens);
  node.read("max_tokens", options.max_tokens);
  node.require(std::isfinite(options.correct_above), "correct_above", "must be a finite number",
               options.correct_above);
  node.require(options.min_correct >= 1, "min_correct", "must be at least 1", options.min_correct);
  node.require(options.min_tokens >= 0, "min_tokens", "must be 0 or more", options.min_tokens);
  node.require(options.max_tokens >= options.min_tokens, "max_tokens",
               fmt::format("must be at least min_tokens = {}", options.min_tokens),
               options.max_tokens);
  return options;
}

std::vector<std::optional<double>> LengthBonus::score(const GroupInput& input) const {
  std::vector<std::optional<double>> bonuses(input.completions.size());
  int64_t num_correct = 0, num_unknown = 0;
  for (const std::optional<double>& accuracy : input.accuracy) {
    num_correct += accuracy && *accuracy > options_.correct_above ? 1 : 0;
    num_unknown += accuracy ? 0 : 1;
  }
  const bool is_open = num_correct >= options_.min_correct;
  if (!is_open && num_correct + num_unknown >= options_.min_correct) return bonuses;
  for (size_t i = 0; i < bonuses.size(); ++i) {
    const int64_t length = input.completions[i].num_tokens;
    if (!input.accuracy[i] || length < 1) continue;
    const bool is_inside = length >= options_.min_tokens && length <= options_.max_tokens;
    bonuses[i] = is_open && is_inside && *input.accuracy[i] > options_.correct_above ? 1.0 : 0.0;
  }
  return bonuses;
}

}  // namespace retrace::reward
