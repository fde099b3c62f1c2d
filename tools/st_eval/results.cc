#include "tools/st_eval/results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

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

}  // namespace retrace::st_eval
