#include "reward/point_set_reward.h"

#include <algorithm>
#include <cmath>

#include "reward/answer_parser.h"
#include "reward/assignment.h"

namespace retrace::reward {
namespace {

double distance(const NumberRow& a, const NumberRow& b) {
  double length = 0;
  for (size_t axis = 0; axis < a.size(); ++axis) length = std::hypot(length, a[axis] - b[axis]);
  return length;  // infinite when it overflows
}

}  // namespace

PointSetOptions read_point_set_options(core::ConfigNode& node) {
  PointSetOptions options;
  node.read_choice("matching", options.matching,
                   {{"hungarian", PointMatching::kHungarian}, {"greedy", PointMatching::kGreedy}});
  node.read("scale", options.scale);
  node.require(options.scale > 0 && std::isfinite(options.scale), "scale", "must be above 0",
               options.scale);
  return options;
}

std::optional<std::vector<NumberRow>> parse_points(std::string_view text) {
  std::optional<std::vector<NumberRow>> rows = parse_number_rows(text);
  if (!rows || rows->empty() || rows->size() > kMaxPoints) return std::nullopt;
  const size_t num_axes = rows->front().size();
  for (const NumberRow& row : *rows) {
    if (row.size() != num_axes || num_axes < 2 || num_axes > 3) return std::nullopt;
  }
  return rows;
}

double point_set_score(const std::vector<NumberRow>& predicted, const std::vector<NumberRow>& right,
                       const PointSetOptions& options) {
  std::vector<std::vector<double>> gain;
  for (const NumberRow& point : predicted) {
    std::vector<double>& row = gain.emplace_back();
    for (const NumberRow& target : right)
      row.push_back(std::max(0.0, 1 - distance(point, target) / options.scale));
  }
  const auto pairs = options.matching == PointMatching::kHungarian ? best_assignment(gain)
                                                                   : greedy_assignment(gain);
  double sum = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i]) sum += gain[i][*pairs[i]];
  }
  return sum / static_cast<double>(std::max(predicted.size(), right.size()));
}

std::optional<double> PointSetReward::score(const RewardInput& input) const {
  const auto right = parse_points(input.sample.answer);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const auto points = parse_points(parsed->answer);
  if (!points || points->front().size() != right->front().size()) return 0.0;
  return point_set_score(*points, *right, options_);
}

std::string PointSetReward::why_unfit(const data::Sample& sample) const {
  return parse_points(sample.answer) ? "" : "its answer must be points [[x, y], ...]";
}

}  // namespace retrace::reward
