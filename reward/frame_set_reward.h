// In which frames something holds: overlap of sets.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "reward/reward_fn.h"

namespace retrace::reward {

// "[3, 4, 5]", "3, 4, 5" or "[]" as ascending frame numbers; nullopt for anything else
// (reward/number_rows.h), and for numbers that are negative, no integers, or repeated.
std::optional<std::vector<int64_t>> parse_frame_set(std::string_view text);

// 2 |a and b| / (|a| + |b|); 1 for two empty sets. Both ascending.
double set_f1(const std::vector<int64_t>& a, const std::vector<int64_t>& b);

// F1 of the frames in the <answer> of the strict grammar and in the sample's answer. Not judged: a
// sample whose answer is no such set.
class FrameSetReward : public RewardFn {
 public:
  std::string_view name() const override { return "frame_f1"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;
};

}  // namespace retrace::reward
