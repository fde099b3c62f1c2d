#include "reward/interval_set.h"

#include <algorithm>

#include "reward/number_parser.h"
#include "reward/number_rows.h"
#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

bool take_any(std::string_view& text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts) {
    if (!text.starts_with(part)) continue;
    text = trim(text.substr(part.size()));
    return true;
  }
  return false;
}

// A number with or without its unit.
std::optional<double> take_seconds(std::string_view& text) {
  const std::optional<double> seconds = take_number(text);
  text = trim(text);
  take_any(text, {"seconds", "second", "secs", "sec", "s"});
  return seconds;
}

std::optional<Interval> take_interval(std::string_view& text) {
  take_any(text, {"from "});
  const std::optional<double> begin = take_seconds(text);
  if (!begin || !take_any(text, {"to ", "-", "\xE2\x80\x93"})) return std::nullopt;
  const std::optional<double> end = take_seconds(text);
  if (!end) return std::nullopt;
  return Interval{*begin, *end};
}

std::optional<std::vector<Interval>> parse_phrases(std::string_view text) {
  std::vector<Interval> intervals;
  do {
    const std::optional<Interval> interval = take_interval(text);
    if (!interval || intervals.size() >= kMaxIntervals) return std::nullopt;
    intervals.push_back(*interval);
  } while (take_any(text, {", and ", ",", "and "}));
  if (!text.empty() && text != ".") return std::nullopt;
  return intervals;
}

std::optional<std::vector<Interval>> parse_lists(std::string_view text) {
  const std::optional<std::vector<NumberRow>> rows = parse_number_rows(text);
  if (!rows || rows->size() > kMaxIntervals) return std::nullopt;
  std::vector<Interval> intervals;
  for (const NumberRow& row : *rows) {
    if (row.size() != 2) return std::nullopt;
    intervals.push_back({row[0], row[1]});
  }
  return intervals;
}

// Disjoint and in order.
std::vector<Interval> merged(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
  std::vector<Interval> disjoint;
  for (const Interval& interval : intervals) {
    if (!disjoint.empty() && interval.begin <= disjoint.back().end) {
      disjoint.back().end = std::max(disjoint.back().end, interval.end);
    } else {
      disjoint.push_back(interval);
    }
  }
  return disjoint;
}

double length(const std::vector<Interval>& disjoint) {
  double sum = 0;
  for (const Interval& interval : disjoint) sum += interval.end - interval.begin;
  return sum;
}

double intersection(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  double sum = 0;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    sum += std::max(0.0, std::min(a[i].end, b[j].end) - std::max(a[i].begin, b[j].begin));
    if (a[i].end < b[j].end) {
      ++i;
    } else {
      ++j;
    }
  }
  return sum;
}

bool are_same(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Interval& left, const Interval& right) {
                      return left.begin == right.begin && left.end == right.end;
                    });
}

}  // namespace

std::optional<std::vector<Interval>> parse_intervals(std::string_view text) {
  text = trim(text);
  const bool is_list = text.starts_with('[') || text.starts_with('(');
  std::optional<std::vector<Interval>> intervals =
      is_list ? parse_lists(text) : parse_phrases(text);
  if (!intervals) return std::nullopt;
  constexpr double kLatest = 1e9;  // seconds; sums of lengths stay finite and exact enough
  for (const Interval& interval : *intervals) {
    if (interval.begin < 0 || interval.end < interval.begin || interval.end > kLatest)
      return std::nullopt;
  }
  return intervals;
}

double interval_iou(const std::vector<Interval>& a, const std::vector<Interval>& b) {
  const std::vector<Interval> left = merged(a), right = merged(b);
  const double shared = intersection(left, right);
  const double whole = length(left) + length(right) - shared;
  if (whole <= 0) return are_same(left, right) ? 1 : 0;
  return std::clamp(shared / whole, 0.0, 1.0);
}

}  // namespace retrace::reward
