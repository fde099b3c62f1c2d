// Spans of time in answers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace retrace::reward {

struct Interval {
  double begin = 0, end = 0;  // seconds, begin <= end
};

// "2 to 5.5", "2 - 5.5 s", "from 2s to 5.5s", "[2, 5.5]", "[[2, 5], [7, 9]]", "2 to 5, 7 to 9".
// nullopt for anything else, a negative time, an end before its begin, and more than kMaxIntervals.
// Linear in the text.
std::optional<std::vector<Interval>> parse_intervals(std::string_view text);

inline constexpr size_t kMaxIntervals = 64;

// |union of a and b's intersection| / |union|; 1 for two unions of length 0 that hold the same
// points, 0 for others of length 0. n log n.
double interval_iou(const std::vector<Interval>& a, const std::vector<Interval>& b);

}  // namespace retrace::reward
