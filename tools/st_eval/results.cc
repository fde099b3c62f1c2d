#include "tools/st_eval/results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"

namespace retrace::st_eval {
namespace {

using Json = nlohmann::ordered_json;

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

ViewResult make_view(const std::vector<Verdict>& verdicts, const BootstrapOptions& options) {
  ViewResult view;
  view.tally = tally(verdicts);
  view.all = quantities_of(mean_percents(view.tally.all));
  view.answered = quantities_of(mean_percents(view.tally.answered));
  view.bounds = bootstrap(view.tally.all, options);
  view.num_judged = counts_of(view.tally.all);
  view.num_answered = counts_of(view.tally.answered);
  for (const auto& [source, sums] : view.tally.by_source)
    view.by_source[source] = quantities_of(mean_percents(sums));
  return view;
}

Json quantity_json(const ViewResult& view, size_t quantity) {
  Json json;
  json["percent"] = optional_json(view.all[quantity]);
  const std::optional<Bounds>& bounds = view.bounds[quantity];
  json["low"] = bounds ? Json(bounds->low) : Json(nullptr);
  json["high"] = bounds ? Json(bounds->high) : Json(nullptr);
  json["percent_of_answered"] = optional_json(view.answered[quantity]);
  if (quantity < kNumMeasures) {
    json["judged"] = view.num_judged[quantity];
    json["answered"] = view.num_answered[quantity];
  }
  if (quantity < kNumColumns) json["questions"] = view.tally.num_questions[quantity];
  return json;
}

Json view_json(const ViewResult& view) {
  Json json;
  for (size_t quantity = 0; quantity < kNumQuantities; ++quantity)
    json["quantities"][quantity_name(static_cast<int>(quantity))] = quantity_json(view, quantity);
  for (int i = 0; i < kNumProblems; ++i)
    json["problems"][to_string(static_cast<Problem>(i))] =
        view.tally.problems[static_cast<size_t>(i)];
  for (int i = 0; i < kNumLetterRules; ++i)
    json["letter_rules"][to_string(static_cast<LetterRule>(i))] =
        view.tally.rules[static_cast<size_t>(i)];
  for (const auto& [source, quantities] : view.by_source) {
    Json& of_source = json["sources"][source];
    for (size_t quantity = 0; quantity < kNumQuantities; ++quantity)
      of_source[quantity_name(static_cast<int>(quantity))] = optional_json(quantities[quantity]);
  }
  return json;
}

std::string signed_text(double value) {
  return fmt::format("{:+.1f}", value);
}

void check_same_questions(const std::vector<Verdict>& first, const std::vector<Verdict>& second) {
  std::set<std::string> only_one;
  for (const Verdict& verdict : first) only_one.insert(verdict.id);
  for (const Verdict& verdict : second) {
    if (only_one.erase(verdict.id) == 0) only_one.insert(verdict.id);
  }
  if (only_one.empty()) return;
  core::throw_<core::ConfigError>(
      "the two results are about different questions: {} are in one of them only, such as '{}'; a "
      "paired comparison needs the same ones: evaluate both on the same files",
      only_one.size(), *only_one.begin());
}

std::string comparison_table(const Tally& first, const Tally& second,
                             const BootstrapOptions& options) {
  const Quantities of_first = quantities_of(mean_percents(first.all)),
                   of_second = quantities_of(mean_percents(second.all));
  const QuantityDifferences differences = paired_bootstrap(first.all, second.all, options);
  std::vector<std::vector<std::string>> rows = {
      {"", "first", "second", "difference", "95 % interval", "second better in"}};
  for (int quantity = 0; quantity < kNumQuantities; ++quantity) {
    const auto at = static_cast<size_t>(quantity);
    const PairedDifference& difference = differences[at];
    if (!difference.difference) continue;
    rows.push_back(
        {quantity_name(quantity), percent_text(of_first[at]), percent_text(of_second[at]),
         signed_text(*difference.difference),
         signed_text(difference.bounds->low) + " to " + signed_text(difference.bounds->high),
         fmt::format("{:.1f} %", 100 * difference.share_above)});
  }
  return markdown_table(rows);
}

}  // namespace

Results make_results(ResultNames names, VerdictsByView verdicts, const BootstrapOptions& options) {
  Results results;
  results.names = std::move(names);
  for (const auto& [view, list] : verdicts) results.views[view] = make_view(list, options);
  results.verdicts = std::move(verdicts);
  return results;
}

std::string results_json(const Results& results) {
  Json json;
  json["model"] = results.names.model;
  json["trained_on"] = results.names.trained_on;
  const reward::JudgeCounts& counts = results.names.judge_counts;
  json["judge"] = {{"backend", results.names.judge}, {"asked", counts.asked},
                   {"failed", counts.failed},        {"cache_hits", counts.cache_hits},
                   {"retries", counts.retries},      {"cost_usd", counts.cost_usd}};
  for (const auto& [name, value] : results.names.settings) json["settings"][name] = value;
  for (const auto& [view, result] : results.views)
    json["views"][to_string(view)] = view_json(result);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string percent_text(const std::optional<double>& percent) {
  return percent ? fmt::format("{:.1f}", *percent) : "-";
}

std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (size_t row = 0; row < rows.size(); ++row) {
    text += "|";
    for (const std::string& cell : rows[row]) text += " " + cell + " |";
    text += "\n";
    if (row > 0) continue;
    text += "|";
    for (size_t i = 0; i < rows[row].size(); ++i) text += i == 0 ? "---|" : "---:|";
    text += "\n";
  }
  return text;
}

std::string comparison_markdown(const std::string& first_name, const std::string& second_name,
                                const VerdictsByView& first, const VerdictsByView& second,
                                const BootstrapOptions& options) {
  std::string text = fmt::format(
      "first: {}\nsecond: {}\n\nPercent over all judged questions; difference: second minus first, "
      "in points, with the interval of {} paired draws of videos.\n",
      first_name, second_name, options.num_draws);
  bool any = false;
  for (const auto& [view, verdicts] : first) {
    const auto other = second.find(view);
    if (other == second.end()) continue;
    any = true;
    check_same_questions(verdicts, other->second);
    text += fmt::format("\n{}\n\n", view == View::kSeen ? "With the video" : "Blind twin");
    text += comparison_table(tally(verdicts), tally(other->second), options);
  }
  if (!any)
    core::throw_<core::ConfigError>("{} and {} have no view in common: nothing to compare",
                                    first_name, second_name);
  return text;
}

}  // namespace retrace::st_eval
