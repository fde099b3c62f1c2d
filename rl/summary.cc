#include "rl/summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "rl/evaluation.h"

namespace retrace::rl {
namespace {

std::string cell(const EvalRow& row) {
  const Interval interval = wilson_interval(row.correct, row.total);
  const double accuracy =
      row.total == 0 ? 0.0 : static_cast<double>(row.correct) / static_cast<double>(row.total);
  return fmt::format("{:5.1f} % ({:.1f} to {:.1f})", 100 * accuracy, 100 * interval.low,
                     100 * interval.high);
}

// "all", "forward" and "reverse" first, then "<task>/<direction>" by name.
int group_rank(const std::string& group) {
  const std::vector<std::string> first = {"all", "forward", "reverse"};
  return static_cast<int>(std::find(first.begin(), first.end(), group) - first.begin());
}

}  // namespace

std::string summary_table(const std::vector<EvalRow>& table) {
  std::vector<EvalRow> rows;
  std::copy_if(table.begin(), table.end(), std::back_inserter(rows),
               [](const EvalRow& row) { return !row.blind; });
  std::stable_sort(rows.begin(), rows.end(), [](const EvalRow& a, const EvalRow& b) {
    return group_rank(a.group) < group_rank(b.group) ||
           (group_rank(a.group) == group_rank(b.group) && a.group < b.group);
  });
  std::string text = fmt::format("| {:<18} | {:>9} | {:<8} | {:<23} | {:<23} |\n", "questions",
                                 "number", "model", "with video (95 %)", "blind twin (95 %)");
  text += fmt::format("|{:-<20}|{:->11}|{:-<10}|{:-<25}|{:-<25}|\n", "", ":", "", "", "");
  for (const EvalRow& row : rows) {
    const auto twin = std::find_if(table.begin(), table.end(), [&](const EvalRow& other) {
      return other.blind && other.label == row.label && other.group == row.group;
    });
    text += fmt::format("| {:<18} | {:>9} | {:<8} | {:<23} | {:<23} |\n", row.group, row.total,
                        row.label, cell(row), twin == table.end() ? "-" : cell(*twin));
  }
  return text;
}

}  // namespace retrace::rl
