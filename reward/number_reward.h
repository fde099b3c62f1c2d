// A number, with or without a unit, against the right one.
#pragma once

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

enum class NumberMeasure { kTolerance, kMeanRelativeAccuracy, kLogRatio };

struct NumberOptions {
  NumberMeasure measure = NumberMeasure::kTolerance;
  double tolerance = 0.25;  // kTolerance: largest relative error that scores 1 (STKit: 0.25)
  double max_ratio = 2.0;   // kLogRatio: a prediction this many times off scores 0; above 1
};

NumberOptions read_number_options(core::ConfigNode& node);

// With p the number in the <answer> of the strict grammar and g that of the sample's answer:
//   tolerance               1 if |p - g| <= tolerance |g|, else 0
//   mean_relative_accuracy  mean over t in {.5, .55, .., .95} of 1[|p - g| <= (1 - t) |g|] (VSI)
//   log_ratio               max(0, 1 - |ln(p / g)| / ln(max_ratio)); p and g of one sign, else 0
// If g is 0, only p = 0 scores, and scores 1. Units are converted; a number without unit is in the
// other's. 0: no number, several, a word too many, another dimension. Not judged: a sample whose
// answer is no number.
class NumberReward : public RewardFn {
 public:
  explicit NumberReward(NumberOptions options) : options_(options) {}
  std::string_view name() const override { return "number"; }
  std::optional<double> score(const RewardInput& input) const override;
  std::string why_unfit(const data::Sample& sample) const override;

 private:
  NumberOptions options_;
};

// The measures themselves; finite for all finite numbers.
double within_tolerance(double predicted, double right, double tolerance);
double mean_relative_accuracy(double predicted, double right);
double log_ratio_score(double predicted, double right, double max_ratio);

}  // namespace retrace::reward
