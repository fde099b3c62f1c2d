// The benchmark's columns and every average the paper takes of them. All averages are plain means
// of columns, never weighted by counts; an average over a missing column is missing.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "data/sample.h"

namespace retrace::st_eval {

// What is measured: the eight columns of Table 1, in its order, then the parts of route judging
// (Table 2). All in percent.
enum class Measure {
  kRouteForward,
  kRouteReverse,
  kDirectionForward,
  kDirectionReverse,
  kLandmarkForward,
  kLandmarkReverse,
  kActionForward,
  kActionReverse,
  kRouteDirectionForward,
  kRouteDirectionReverse,
  kRouteLandmarkForward,
  kRouteLandmarkReverse,
  kRouteSemanticsForward,
  kRouteSemanticsReverse
};
inline constexpr int kNumColumns = 8, kNumMeasures = 14;

std::string_view to_string(Measure measure);  // "route/forward", ..., "route_semantics/reverse"

// The column of a question; nothing if task or direction is unknown.
std::optional<Measure> column_of(data::Task task, data::TravelDirection direction);
inline bool is_route(Measure column) {
  return column == Measure::kRouteForward || column == Measure::kRouteReverse;
}

using Percents = std::array<std::optional<double>, kNumMeasures>;  // by Measure

// The plain mean; missing if a value is missing or there is none.
std::optional<double> plain_mean(std::span<const std::optional<double>> values);

// Derived from the measures. Forward and reverse are index 0 and 1.
struct Averages {
  std::optional<double> strong;                  // Avg(ST): route and direction, 4 columns
  std::optional<double> total;                   // Avg(Total): all 8 columns
  std::array<std::optional<double>, 2> route;    // Table 2: direction, landmark, semantics
  std::array<std::optional<double>, 2> choice;   // Table 3: direction, landmark, action
  std::array<std::optional<double>, 2> outside;  // Table 4: direction, landmark
};
Averages averages_of(const Percents& percents);

// Measures, then averages, as one list: what a bootstrap gives intervals for.
inline constexpr int kNumQuantities = kNumMeasures + 8;
using Quantities = std::array<std::optional<double>, kNumQuantities>;
Quantities quantities_of(const Percents& percents);
// "route/forward", ..., "avg_st", "avg_total", "avg_route/forward", "avg_choice/forward",
// "avg_outside/forward", and the same in reverse.
std::string quantity_name(int quantity);
inline constexpr int kAvgStrong = kNumMeasures, kAvgTotal = kNumMeasures + 1,
                     kAvgRoute = kNumMeasures + 2, kAvgChoice = kNumMeasures + 4,
                     kAvgOutside = kNumMeasures + 6;

}  // namespace retrace::st_eval
