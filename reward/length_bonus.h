// Video-R1's reward for thoughts of a certain length.
#pragma once

#include <cstdint>
#include <string>

#include "core/config_node.h"
#include "reward/group_reward.h"

namespace retrace::reward {

struct LengthBonusOptions {
  std::string accuracy = "letter";
  double correct_above = 0.1;                  // correct: accuracy above this
  int64_t min_correct = 2;                     // in the group
  int64_t min_tokens = 320, max_tokens = 512;  // both inside
};

LengthBonusOptions read_length_bonus_options(core::ConfigNode& node);

// 1 for a correct completion with min_tokens <= length <= max_tokens in a group with at least
// min_correct correct ones, else 0. Not judged: a completion whose accuracy or length is unknown,
// and, while unknown ones could still make up min_correct, the whole group.
class LengthBonus : public GroupRewardFn {
 public:
  explicit LengthBonus(LengthBonusOptions options) : options_(std::move(options)) {}
  std::string_view name() const override { return "length_bonus"; }
  std::string_view accuracy() const override { return options_.accuracy; }
  std::vector<std::optional<double>> score(const GroupInput& input) const override;

 private:
  LengthBonusOptions options_;
};

}  // namespace retrace::reward
