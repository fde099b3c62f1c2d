#include "reward/interval_reward.h"

#include <algorithm>
#include <cmath>

#include "reward/answer_parser.h"
#include "reward/interval_set.h"

namespace retrace::reward {
namespace {

std::optional<std::vector<Interval>> spans_of(std::string_view text, IntervalMeasure measure) {
  std::optional<std::vector<Interval>> spans = parse_intervals(text);
  if (spans && measure != IntervalMeasure::kUnion && spans->size() != 1) return std::nullopt;
  return spans;
}

}  // namespace

IntervalOptions read_interval_options(core::ConfigNode& node) {
  IntervalOptions options;
  node.read_choice("measure", options.measure,
                   {{"single", IntervalMeasure::kSingle},
                    {"union", IntervalMeasure::kUnion},
                    {"timestamp", IntervalMeasure::kTimestamp}});
  node.read("duration_s", options.duration_s);
  node.require(options.duration_s > 0 && std::isfinite(options.duration_s), "duration_s",
               "must be above 0", options.duration_s);
  return options;
}

std::optional<double> IntervalReward::score(const RewardInput& input) const {
  const auto right = spans_of(input.sample.answer, options_.measure);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const auto spans = spans_of(parsed->answer, options_.measure);
  if (!spans) return 0.0;
  const double iou = interval_iou(*spans, *right);
  if (options_.measure != IntervalMeasure::kTimestamp) return iou;
  const auto closeness = [&](double predicted, double expected) {
    return std::max(0.0, 1 - std::abs(predicted - expected) / options_.duration_s);
  };
  return iou * closeness(spans->front().begin, right->front().begin) *
         closeness(spans->front().end, right->front().end);
}

std::string IntervalReward::why_unfit(const data::Sample& sample) const {
  return spans_of(sample.answer, options_.measure) ? "" : "its answer must be a span of time";
}

}  // namespace retrace::reward
