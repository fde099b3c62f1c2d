#include "tools/st_eval/columns.h"

#include <algorithm>
#include <vector>

namespace retrace::st_eval {
namespace {

constexpr std::array<std::string_view, kNumQuantities> kNames = {"route/forward",
                                                                 "route/reverse",
                                                                 "direction/forward",
                                                                 "direction/reverse",
                                                                 "landmark/forward",
                                                                 "landmark/reverse",
                                                                 "action/forward",
                                                                 "action/reverse",
                                                                 "route_direction/forward",
                                                                 "route_direction/reverse",
                                                                 "route_landmark/forward",
                                                                 "route_landmark/reverse",
                                                                 "route_semantics/forward",
                                                                 "route_semantics/reverse",
                                                                 "avg_st",
                                                                 "avg_total",
                                                                 "avg_route/forward",
                                                                 "avg_route/reverse",
                                                                 "avg_choice/forward",
                                                                 "avg_choice/reverse",
                                                                 "avg_outside/forward",
                                                                 "avg_outside/reverse"};

std::optional<double> mean_at(const Percents& percents, std::initializer_list<Measure> measures,
                              int direction = 0) {
  std::vector<std::optional<double>> values;
  for (const Measure measure : measures)
    values.push_back(percents[static_cast<size_t>(static_cast<int>(measure) + direction)]);
  return plain_mean(values);
}

}  // namespace

std::string_view to_string(Measure measure) {
  return kNames[static_cast<size_t>(measure)];
}

std::optional<Measure> column_of(data::Task task, data::TravelDirection direction) {
  if (task == data::Task::kUnknown || direction == data::TravelDirection::kUnknown)
    return std::nullopt;
  const int row = static_cast<int>(task) - static_cast<int>(data::Task::kRoute);
  return static_cast<Measure>(2 * row + (direction == data::TravelDirection::kReverse ? 1 : 0));
}

std::optional<double> plain_mean(std::span<const std::optional<double>> values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const std::optional<double>& value : values) {
    if (!value) return std::nullopt;
    sum += *value;
  }
  return sum / static_cast<double>(values.size());
}

Averages averages_of(const Percents& percents) {
  using enum Measure;
  Averages averages;
  averages.strong =
      mean_at(percents, {kRouteForward, kRouteReverse, kDirectionForward, kDirectionReverse});
  averages.total = plain_mean(std::span(percents).first(kNumColumns));
  for (int d = 0; d < 2; ++d) {
    const auto at = static_cast<size_t>(d);
    averages.route[at] = mean_at(
        percents, {kRouteDirectionForward, kRouteLandmarkForward, kRouteSemanticsForward}, d);
    averages.choice[at] =
        mean_at(percents, {kDirectionForward, kLandmarkForward, kActionForward}, d);
    averages.outside[at] = mean_at(percents, {kDirectionForward, kLandmarkForward}, d);
  }
  return averages;
}

Quantities quantities_of(const Percents& percents) {
  const Averages averages = averages_of(percents);
  Quantities all;
  std::ranges::copy(percents, all.begin());
  all[kAvgStrong] = averages.strong;
  all[kAvgTotal] = averages.total;
  std::ranges::copy(averages.route, all.begin() + kAvgRoute);
  std::ranges::copy(averages.choice, all.begin() + kAvgChoice);
  std::ranges::copy(averages.outside, all.begin() + kAvgOutside);
  return all;
}

std::string quantity_name(int quantity) {
  return std::string(kNames[static_cast<size_t>(quantity)]);
}

}  // namespace retrace::st_eval
