// Things in order: landmarks passed, actions done.
#pragma once

#include <string>
#include <vector>

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

enum class SequenceMeasure { kLcs, kKendall };

struct SequenceOptions {
  SequenceMeasure measure = SequenceMeasure::kLcs;
};

SequenceOptions read_sequence_options(core::ConfigNode& node);

// 2 LCS / (|a| + |b|); a.size() * b.size() time.
double lcs_score(const std::vector<std::string>& a, const std::vector<std::string>& b);

// (Kendall's tau + 1) / 2 of the order of the c items in both, times c / max(|a|, |b|); tau is 1
// for c = 1. The k-th of equal items of one list stands for the k-th of the other. n log n.
double kendall_score(const std::vector<std::string>& a, const std::vector<std::string>& b);

// One of them, of the steps (split_steps in reward/route_events.h) in the <answer> of the strict
// grammar and in the sample's answer. 0: more than 256 steps. Not judged: a sample whose answer is
// empty or one letter.
class SequenceReward : public RewardFn {
 public:
  explicit SequenceReward(SequenceOptions options) : options_(options) {}
  std::string_view name() const override { return "sequence"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  SequenceOptions options_;
};

}  // namespace retrace::reward
