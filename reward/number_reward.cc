#include "reward/number_reward.h"

#include <array>
#include <cmath>

#include "reward/answer_parser.h"
#include "reward/number_parser.h"

namespace retrace::reward {
namespace {

// 1 - t for the ten thresholds t. Written out: a loop that counts in steps of 0.05 has ten or
// eleven rounds depending on rounding.
constexpr std::array kRelativeErrors = {0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1, 0.05};

// Infinite when the difference overflows, which no tolerance reaches; `right` is not 0.
double relative_error(double predicted, double right) {
  return std::abs(predicted - right) / std::abs(right);
}

// In the same unit; false if their dimensions differ.
bool align(Quantity& predicted, Quantity& right) {
  if (predicted.dimension == Dimension::kNone) predicted.value *= right.factor;
  if (right.dimension == Dimension::kNone) right.value *= predicted.factor;
  const bool has_both =
      predicted.dimension != Dimension::kNone && right.dimension != Dimension::kNone;
  return !has_both || predicted.dimension == right.dimension;
}

}  // namespace

NumberOptions read_number_options(core::ConfigNode& node) {
  NumberOptions options;
  node.read_choice("measure", options.measure,
                   {{"tolerance", NumberMeasure::kTolerance},
                    {"mean_relative_accuracy", NumberMeasure::kMeanRelativeAccuracy},
                    {"log_ratio", NumberMeasure::kLogRatio}});
  node.read("tolerance", options.tolerance);
  node.read("max_ratio", options.max_ratio);
  node.require(options.tolerance >= 0 && std::isfinite(options.tolerance), "tolerance",
               "must be 0 or more", options.tolerance);
  node.require(options.max_ratio > 1 && std::isfinite(options.max_ratio), "max_ratio",
               "must be above 1", options.max_ratio);
  return options;
}

double within_tolerance(double predicted, double right, double tolerance) {
  if (right == 0) return predicted == 0 ? 1 : 0;
  return relative_error(predicted, right) <= tolerance ? 1 : 0;
}

double mean_relative_accuracy(double predicted, double right) {
  double hits = 0;
  for (const double error : kRelativeErrors) hits += within_tolerance(predicted, right, error);
  return hits / static_cast<double>(kRelativeErrors.size());
}

double log_ratio_score(double predicted, double right, double max_ratio) {
  if (right == 0 || predicted == 0) return predicted == right ? 1 : 0;
  if ((predicted > 0) != (right > 0)) return 0;
  const double distance = std::abs(std::log(std::abs(predicted)) - std::log(std::abs(right)));
  return std::max(0.0, 1 - distance / std::log(max_ratio));
}

std::optional<double> NumberReward::score(const RewardInput& input) const {
  std::optional<Quantity> right = parse_quantity(input.sample.answer);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  std::optional<Quantity> predicted = parse_quantity(parsed->answer);
  if (!predicted || !align(*predicted, *right)) return 0.0;
  switch (options_.measure) {
    case NumberMeasure::kTolerance:
      return within_tolerance(predicted->value, right->value, options_.tolerance);
    case NumberMeasure::kMeanRelativeAccuracy:
      return mean_relative_accuracy(predicted->value, right->value);
    case NumberMeasure::kLogRatio:
      return log_ratio_score(predicted->value, right->value, options_.max_ratio);
  }
  return std::nullopt;
}

std::string NumberReward::why_unfit(const data::Sample& sample) const {
  return parse_quantity(sample.answer) ? "" : "its answer must be one number, with or without unit";
}

}  // namespace retrace::reward
