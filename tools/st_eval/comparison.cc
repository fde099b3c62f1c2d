#include "tools/st_eval/comparison.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "tools/markdown_table.h"
#include "tools/st_eval/results.h"

namespace retrace::st_eval {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Verdicts = std::vector<Verdict>;

std::string signed_text(double value) {
  return fmt::format("{:+.1f}", value);
}

void read_names(const Json& results, SavedResult& result) {
  result.judge = results.value("judge", Json::object()).value("backend", "");
  const Json settings = results.value("settings", Json::object());
  for (const auto& [name, value] : settings.items()) {
    if (name.starts_with(kDataSetting))
      result.data_hashes[name.substr(kDataSetting.size())] = value.get<std::string>();
  }
}

// ------------------------------------------------------------------------------------------------
// What cannot be compared
// ------------------------------------------------------------------------------------------------

void check_same_data(const SavedResult& first, const SavedResult& second) {
  for (const auto& [file, hash] : first.data_hashes) {
    const auto other = second.data_hashes.find(file);
    if (other == second.data_hashes.end() || other->second == hash) continue;
    core::throw_<core::ConfigError>(
        "{} and {}: the questions of {} are not the same: its content has the hash {} in the first "
        "and {} in the second; evaluate both on the same files",
        first.name, second.name, file, hash, other->second);
  }
}

void check_same_questions(const Verdicts& first, const Verdicts& second) {
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

void check_same_question(const Verdict& first, const Verdict& second) {
  const auto column = [](const Verdict& verdict) {
    return verdict.column ? std::string(to_string(*verdict.column)) : "unknown";
  };
  const auto require_same = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a == b) return;
    core::throw_<core::ConfigError>(
        "the two results are about different questions of the same name: {} of '{}' is '{}' in the "
        "first and '{}' in the second; evaluate both on the same files",
        what, first.id, a, b);
  };
  require_same("the video", first.video, second.video);
  require_same("the source", first.source, second.source);
  require_same("the column", column(first), column(second));
  // Unknown where a question did not get as far as its letter.
  if (!first.expected.empty() && !second.expected.empty())
    require_same("the right letter", first.expected, second.expected);
}

void check_same_judge(const SavedResult& first, const SavedResult& second) {
  if (first.judge.empty() || second.judge.empty() || first.judge == second.judge) return;
  core::throw_<core::ConfigError>(
      "{} and {}: routes are judged by '{}' in the first and by '{}' in the second, so their marks "
      "cannot be compared; run st_eval again with the same --judge for both (the model is asked "
      "nothing again)",
      first.name, second.name, first.judge, second.judge);
}

// ------------------------------------------------------------------------------------------------
// Comparing
// ------------------------------------------------------------------------------------------------

struct Pairs {
  Verdicts first, second;    // about the same questions, judged in both or in none
  int64_t num_left_out = 0;  // judged in one only
  bool has_routes = false;   // that are judged
};

Pairs pair_up(const Verdicts& first, const Verdicts& second) {
  check_same_questions(first, second);
  std::map<std::string_view, const Verdict*> by_id;
  for (const Verdict& verdict : second) by_id[verdict.id] = &verdict;
  Pairs pairs;
  for (const Verdict& verdict : first) {
    const Verdict& other = *by_id.at(verdict.id);
    check_same_question(verdict, other);
    if (is_judged(verdict) != is_judged(other)) {
      ++pairs.num_left_out;
      continue;
    }
    pairs.has_routes |= is_judged(verdict) && is_route(*verdict.column);
    pairs.first.push_back(verdict);
    pairs.second.push_back(other);
  }
  return pairs;
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
  return tools::markdown_table(rows);
}

}  // namespace

SavedResult read_result(const fs::path& folder) {
  SavedResult result;
  result.name = folder.string();
  result.verdicts = read_verdicts(folder);
  const fs::path file = folder / "results.json";
  if (!fs::exists(file)) return result;
  try {
    read_names(Json::parse(core::read_text_file(file)), result);
  } catch (const Json::exception& error) {
    core::throw_<core::DataError>(
        "{}: not what st_eval writes: {}; run st_eval again with this --out", file.string(),
        error.what());
  }
  return result;
}

std::string comparison_markdown(const SavedResult& first, const SavedResult& second,
                                const BootstrapOptions& options) {
  check_same_data(first, second);
  std::string text = fmt::format(
      "first: {}\nsecond: {}\n\nPercent over all judged questions; difference: second minus first, "
      "in points, with the interval of {} paired draws of videos.\n",
      first.name, second.name, options.num_draws);
  bool any = false;
  for (const auto& [view, verdicts] : first.verdicts) {
    const auto other = second.verdicts.find(view);
    if (other == second.verdicts.end()) continue;
    any = true;
    const Pairs pairs = pair_up(verdicts, other->second);
    if (pairs.has_routes) check_same_judge(first, second);
    text += fmt::format("\n{}\n\n", view == View::kSeen ? "With the video" : "Blind twin");
    if (pairs.num_left_out > 0)
      text += fmt::format("Left out of both, because judged in one only: {} of {} questions.\n\n",
                          pairs.num_left_out, verdicts.size());
    text += comparison_table(tally(pairs.first), tally(pairs.second), options);
  }
  if (!any)
    core::throw_<core::ConfigError>(
        "{} and {} have no view in common, so there is nothing to compare; evaluate both with "
        "--blind, or both without",
        first.name, second.name);
  return text;
}

}  // namespace retrace::st_eval
