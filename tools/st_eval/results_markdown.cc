// Tables 1 to 4 of the paper in shape, and what a reader needs to trust them.
#include <fmt/format.h>

#include <algorithm>

#include "tools/markdown_table.h"
#include "tools/st_eval/results.h"

namespace retrace::st_eval {
namespace {

using Row = std::vector<std::string>;
constexpr size_t kNamedRecords =
    20;  // problems listed with their record; all are in verdicts.jsonl

std::string at(const Quantities& quantities, int quantity) {
  return percent_text(quantities[static_cast<size_t>(quantity)]);
}

// "81.8/85.5": forward and reverse.
std::string pair_at(const Quantities& quantities, int forward) {
  return at(quantities, forward) + "/" + at(quantities, forward + 1);
}
std::string pair_at(const Quantities& quantities, Measure forward) {
  return pair_at(quantities, static_cast<int>(forward));
}

std::string bounds_at(const QuantityBounds& bounds, int quantity) {
  const std::optional<Bounds>& found = bounds[static_cast<size_t>(quantity)];
  return found ? fmt::format("{:.1f} to {:.1f}", found->low, found->high) : "-";
}

// The name of a row: the model, or its blind twin.
std::string row_name(const Results& results, View view) {
  return results.names.model + (view == View::kBlind ? ", blind" : "");
}

std::string table_1(const Results& results) {
  std::vector<Row> rows = {{"Model", "Avg(ST)", "Avg(Total)"}};
  for (int column = 0; column < kNumColumns; ++column) rows[0].push_back(quantity_name(column));
  for (const auto& [view, result] : results.views) {
    Row values = {row_name(results, view), at(result.all, kAvgStrong), at(result.all, kAvgTotal)};
    Row bounds = {"95 % interval", bounds_at(result.bounds, kAvgStrong),
                  bounds_at(result.bounds, kAvgTotal)};
    for (int column = 0; column < kNumColumns; ++column) {
      values.push_back(at(result.all, column));
      bounds.push_back(bounds_at(result.bounds, column));
    }
    rows.push_back(values);
    rows.push_back(bounds);
  }
  return tools::markdown_table(rows);
}

// The part with the highest mean over both directions; "-" unless all are known.
std::string best_part(const Quantities& quantities) {
  using enum Measure;
  std::string best = "-";
  double highest = -1;
  for (const auto& [name, forward] : {std::pair("D", kRouteDirectionForward),
                                      {"L", kRouteLandmarkForward},
                                      {"S", kRouteSemanticsForward}}) {
    const auto place = static_cast<size_t>(forward);
    if (!quantities[place] || !quantities[place + 1]) return "-";
    const double sum = *quantities[place] + *quantities[place + 1];
    if (sum > highest) best = name;
    highest = std::max(highest, sum);
  }
  return best;
}

std::string table_2(const Results& results) {
  using enum Measure;
  std::vector<Row> rows = {
      {"Model", "Best part", "Avg.", "Direction (D)", "Landmark (L)", "Semantic (S)"}};
  for (const auto& [view, result] : results.views) {
    rows.push_back({row_name(results, view), best_part(result.all), pair_at(result.all, kAvgRoute),
                    pair_at(result.all, kRouteDirectionForward),
                    pair_at(result.all, kRouteLandmarkForward),
                    pair_at(result.all, kRouteSemanticsForward)});
  }
  return tools::markdown_table(rows);
}

std::string table_3(const Results& results) {
  using enum Measure;
  std::vector<Row> rows = {{"Model", "Avg.", "Direction (D)", "Landmark (L)", "Action (A)"}};
  for (const auto& [view, result] : results.views) {
    rows.push_back({row_name(results, view), pair_at(result.all, kAvgChoice),
                    pair_at(result.all, kDirectionForward), pair_at(result.all, kLandmarkForward),
                    pair_at(result.all, kActionForward)});
  }
  return tools::markdown_table(rows);
}

std::string source_name(const std::string& source) {
  return source.empty() ? "(unknown)" : source;
}

std::string table_4(const Results& results) {
  using enum Measure;
  const std::string train = results.names.trained_on.empty() ? "-" : results.names.trained_on;
  std::vector<Row> rows = {{"Model", "Train", "Test", "Direction (D)", "Landmark (L)", "Avg."}};
  for (const auto& [view, result] : results.views) {
    for (const auto& [source, all] : result.by_source) {
      rows.push_back({row_name(results, view), train, source_name(source),
                      pair_at(all, kDirectionForward), pair_at(all, kLandmarkForward),
                      pair_at(all, kAvgOutside)});
    }
  }
  return tools::markdown_table(rows);
}

std::string source_table(const Results& results) {
  std::vector<Row> rows = {{"Source", "Avg(ST)", "Avg(Total)"}};
  for (int column = 0; column < kNumColumns; ++column) rows[0].push_back(quantity_name(column));
  for (const auto& [view, result] : results.views) {
    for (const auto& [source, all] : result.by_source) {
      Row row = {source_name(source) + (view == View::kBlind ? ", blind" : ""), at(all, kAvgStrong),
                 at(all, kAvgTotal)};
      for (int column = 0; column < kNumColumns; ++column) row.push_back(at(all, column));
      rows.push_back(row);
    }
  }
  return tools::markdown_table(rows);
}

std::string count_table(const Results& results) {
  std::vector<Row> rows = {
      {"Column", "View", "Questions", "Judged", "Answered", "% of all judged", "% of answered"}};
  for (int column = 0; column < kNumColumns; ++column) {
    const auto c = static_cast<size_t>(column);
    for (const auto& [view, result] : results.views) {
      if (result.tally.num_questions[c] == 0) continue;
      rows.push_back({quantity_name(column), std::string(to_string(view)),
                      std::to_string(result.tally.num_questions[c]),
                      std::to_string(result.num_judged[c]), std::to_string(result.num_answered[c]),
                      at(result.all, column), at(result.answered, column)});
    }
  }
  return tools::markdown_table(rows);
}

template <class Enum, size_t kCount>
std::string named_counts(const Results& results, const std::string& title,
                         std::array<int64_t, kCount> Tally::*counts) {
  std::vector<Row> rows = {{title}};
  for (const auto& [view, result] : results.views) rows[0].emplace_back(to_string(view));
  for (size_t i = 0; i < kCount; ++i) {
    Row row = {std::string(to_string(static_cast<Enum>(i)))};
    for (const auto& [view, result] : results.views)
      row.push_back(std::to_string((result.tally.*counts)[i]));
    rows.push_back(row);
  }
  return tools::markdown_table(rows);
}

std::string problem_list(const Results& results) {
  std::string text;
  size_t listed = 0, total = 0;
  for (const auto& [view, verdicts] : results.verdicts) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.problem == Problem::kNone) continue;
      if (++total > kNamedRecords) continue;
      ++listed;
      text += fmt::format("- {} ({}): {}: {}\n", verdict.id, to_string(view),
                          to_string(verdict.problem), verdict.reason);
    }
  }
  if (total > listed) text += fmt::format("- and {} more: see verdicts.jsonl\n", total - listed);
  return text;
}

}  // namespace

std::string results_markdown(const Results& results) {
  std::string text = "# Evaluation of " + results.names.model + "\n\n";
  text += fmt::format(
      "Percent over all judged questions. Averages are plain means of columns, never weighted by "
      "counts; `-` is missing, and so is every average over it. Intervals: 95 %, bootstrap over "
      "videos. Routes judged by: {}.\n",
      results.names.judge);
  text += "\n## Table 1: columns and averages\n\n" + table_1(results);
  text += "\n## Table 2: parts of route descriptions, forward/reverse\n\n" + table_2(results);
  text += "\n## Table 3: multiple choice, forward/reverse\n\n" + table_3(results);
  text += "\n## Table 4: direction and landmark by source of the videos, forward/reverse\n\n" +
          table_4(results);
  text += "\n## All columns by source\n\n" + source_table(results);
  text += "\n## Over all and over answered questions\n\n";
  text +=
      "Unanswered and truncated answers count as 0 % of all judged, and are left out of answered. "
      "What is not the model's doing (no_column, no_options, media, judge, no_answer) is left out "
      "of both: judged is below questions.\n\n";
  text += count_table(results);
  text += "\n## Problems\n\n" + named_counts<Problem>(results, "Problem", &Tally::problems);
  if (const std::string list = problem_list(results); !list.empty()) text += "\n" + list;
  text +=
      "\n## How letters were read\n\n" + named_counts<LetterRule>(results, "Rule", &Tally::rules);
  return text;
}

}  // namespace retrace::st_eval
