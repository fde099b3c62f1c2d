#include "tools/reward_lab/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tools/markdown_table.h"

namespace retrace::reward_lab {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;
constexpr size_t kNamedLines = 20;

std::string number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

std::string share(int64_t count, int64_t total) {
  return total == 0 ? "-"
                    : fmt::format("{:.1f} %",
                                  100.0 * static_cast<double>(count) / static_cast<double>(total));
}

std::string design_table(const LabResults& results) {
  Rows rows = {{"Design", "completions", "unknown", "mean", "std", "min", "max", "groups",
                "dead groups", "mean group std", "std of group std"}};
  for (const DesignSummary& design : results.designs) {
    const std::optional<Spread> totals = spread_of(design.totals),
                                stds = spread_of(design.group_stds);
    const auto of = [](const std::optional<Spread>& spread, double Spread::*field) {
      return number(spread ? std::optional((*spread).*field) : std::nullopt);
    };
    rows.push_back({design.name, std::to_string(design.totals.size()),
                    std::to_string(design.num_unknown), of(totals, &Spread::mean),
                    of(totals, &Spread::std), of(totals, &Spread::min), of(totals, &Spread::max),
                    std::to_string(design.num_groups), share(design.num_dead, design.num_groups),
                    of(stds, &Spread::mean), of(stds, &Spread::std)});
  }
  return tools::markdown_table(rows);
}

std::string part_table(const LabResults& results) {
  Rows rows = {{"Design", "part", "mean", "judged", "missing"}};
  for (const DesignSummary& design : results.designs) {
    for (const auto& [name, part] : design.parts) {
      rows.push_back({design.name, name, number(part.raw.mean()), std::to_string(part.raw.count),
                      std::to_string(part.missing)});
    }
  }
  return rows.size() == 1 ? "" : tools::markdown_table(rows);
}

std::string pair_table(const LabResults& results) {
  Rows rows = {{"First", "second", "Kendall", "Spearman", "ordered groups", "sign changed",
                "silenced", "woken"}};
  for (const auto& [which, pair] : results.pairs) {
    rows.push_back({results.designs[which.first].name, results.designs[which.second].name,
                    number(pair.kendall.mean()), number(pair.spearman.mean()),
                    std::to_string(pair.kendall.count),
                    share(pair.num_flipped, pair.num_completions),
                    share(pair.num_silenced, pair.num_completions),
                    share(pair.num_woken, pair.num_completions)});
  }
  return tools::markdown_table(rows);
}

std::string hack_table(const LabResults& results) {
  Rows rows = {{"Hack"}};
  for (size_t i = 1; i < results.designs.size(); ++i) {
    const std::string& name = results.designs[i].name;
    rows[0].insert(rows[0].end(), {name + ": reward", "gain", "best of group"});
  }
  for (const std::string& hack : results.hack_names) {
    std::vector<std::string> row = {hack};
    for (size_t i = 1; i < results.designs.size(); ++i) {
      const auto found = results.designs[i].hacks.find(hack);
      const HackSummary summary =
          found == results.designs[i].hacks.end() ? HackSummary{} : found->second;
      row.push_back(number(summary.reward.mean()));
      const std::optional<double> gain = summary.gain.mean();
      row.push_back(gain ? fmt::format("{:+.3f}", *gain) : "-");
      row.push_back(share(summary.above_all, summary.reward.count));
    }
    rows.push_back(row);
  }
  return tools::markdown_table(rows);
}

std::string warnings(const LabResults& results) {
  std::string text;
  for (const DesignSummary& design : results.designs) {
    for (const std::string& reason : design.unfit)
      text += fmt::format("- {}: cannot judge these rollouts: {}\n", design.name, reason);
  }
  for (const DesignSummary& design : results.designs) {
    if (design.num_without_shuffled == 0) continue;
    text += fmt::format(
        "- {}: {} of {} groups have no completions about frame-shuffled clips "
        "(rollouts/shuffled-*.jsonl): rewards that compare with them, as temporal_contrast does, "
        "are missing there\n",
        design.name, design.num_without_shuffled, results.num_groups);
  }
  for (size_t i = 0; i < results.bad_lines.size() && i < kNamedLines; ++i) {
    text +=
        fmt::format("- left out {}: {}\n", results.bad_lines[i].where, results.bad_lines[i].reason);
  }
  if (results.bad_lines.size() > kNamedLines)
    text += fmt::format("- and {} bad lines more\n", results.bad_lines.size() - kNamedLines);
  return text;
}

Json optional_json(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json design_json(const DesignSummary& design) {
  Json json;
  json["name"] = design.name;
  json["completions"] = design.totals.size();
  json["unknown"] = design.num_unknown;
  if (const std::optional<Spread> totals = spread_of(design.totals))
    json["reward"] = {
        {"mean", totals->mean}, {"std", totals->std}, {"min", totals->min}, {"max", totals->max}};
  json["groups"] = design.num_groups;
  json["dead_groups"] = design.num_dead;
  if (const std::optional<Spread> stds = spread_of(design.group_stds))
    json["group_std"] = {{"mean", stds->mean}, {"std", stds->std}};
  for (const auto& [name, part] : design.parts)
    json["parts"][name] = {{"mean", optional_json(part.raw.mean())},
                           {"judged", part.raw.count},
                           {"missing", part.missing}};
  for (const auto& [name, hack] : design.hacks)
    json["hacks"][name] = {{"reward", optional_json(hack.reward.mean())},
                           {"gain", optional_json(hack.gain.mean())},
                           {"best_of_group", hack.above_all},
                           {"groups", hack.reward.count},
                           {"unknown", hack.unknown}};
  json["groups_without_shuffled"] = design.num_without_shuffled;
  json["unfit"] = design.unfit;
  return json;
}

}  // namespace

std::vector<double> histogram(const std::vector<double>& values, double low, double high,
                              size_t num_bins) {
  std::vector<double> shares(num_bins, 0);
  for (const double value : values) {
    const double place = high > low ? (value - low) / (high - low) : 0;
    const auto bin = static_cast<size_t>(place * static_cast<double>(num_bins));
    shares[std::min(bin, num_bins - 1)] += 1 / static_cast<double>(values.size());
  }
  return shares;
}

std::optional<Spread> spread_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  Spread spread;
  const auto [min, max] = std::ranges::minmax_element(values);
  spread.min = *min;
  spread.max = *max;
  spread.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - spread.mean) * (value - spread.mean);
  if (values.size() > 1) spread.std = std::sqrt(squares / static_cast<double>(values.size() - 1));
  return spread;
}

std::string lab_markdown(const LabResults& results) {
  std::string text = fmt::format(
      "# Reward designs on saved rollouts\n\n{} completions in {} groups from {} files.\n",
      results.num_completions, results.num_groups, results.num_files);
  if (const std::string warned = warnings(results); !warned.empty()) text += "\n" + warned;
  text += "\n## Designs\n\nDead groups: no two rewards differ, so the group teaches nothing.\n\n" +
          design_table(results);
  if (const std::string parts = part_table(results); !parts.empty())
    text += "\n## Parts\n\nBefore their weights, over the completions they are for.\n\n" + parts;
  text +=
      "\n## Agreement\n\nWithin groups. Kendall (tau-b) and Spearman: means over the groups that "
      "both designs order. Shares of completions: sign changed from above to below the group's "
      "mean or back; silenced: an advantage in the first alone; woken: in the second alone.\n\n" +
      pair_table(results);
  text += fmt::format(
      "\n## Hack strings\n\nEach as one more completion of {} groups. Gain: over the mean of the "
      "group's own completions. Best of group: how often it earns more than each of them.\n\n",
      results.num_hacked);
  return text + hack_table(results);
}

std::string lab_json(const LabResults& results) {
  Json json;
  json["files"] = results.num_files;
  json["groups"] = results.num_groups;
  json["completions"] = results.num_completions;
  json["bad_lines"] = Json::array();
  for (const BadLine& line : results.bad_lines)
    json["bad_lines"].push_back({{"where", line.where}, {"reason", line.reason}});
  for (const DesignSummary& design : results.designs)
    json["designs"].push_back(design_json(design));
  json["pairs"] = Json::array();
  for (const auto& [which, pair] : results.pairs) {
    json["pairs"].push_back({{"first", results.designs[which.first].name},
                             {"second", results.designs[which.second].name},
                             {"kendall", optional_json(pair.kendall.mean())},
                             {"spearman", optional_json(pair.spearman.mean())},
                             {"ordered_groups", pair.kendall.count},
                             {"completions", pair.num_completions},
                             {"sign_changed", pair.num_flipped},
                             {"silenced", pair.num_silenced},
                             {"woken", pair.num_woken}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace retrace::reward_lab
