#include "tools/reward_lab/lab.h"

#include <algorithm>

#include "core/progress.h"
#include "rl/advantage.h"
#include "tools/reward_lab/agreement.h"
#include "tools/reward_lab/hack_strings.h"

namespace retrace::reward_lab {
namespace {

using Totals = std::vector<std::optional<double>>;  // of a group, [G]

std::vector<double> known_of(const Totals& totals) {
  std::vector<double> known;
  for (const std::optional<double>& total : totals) {
    if (total) known.push_back(*total);
  }
  return known;
}

void add_group(const Totals& totals, DesignSummary& design) {
  const std::vector<double> known = known_of(totals);
  design.num_unknown += static_cast<int64_t>(totals.size() - known.size());
  design.totals.insert(design.totals.end(), known.begin(), known.end());
  if (known.size() < 2) return;
  ++design.num_groups;
  const rl::GroupAdvantage group = rl::group_advantage(totals, {});
  design.group_stds.push_back(group.std);
  design.num_dead += group.dead ? 1 : 0;
}

void add_parts(const std::vector<reward::Score>& scores, DesignSummary& design) {
  for (const reward::Score& score : scores) {
    for (const reward::RewardPart& part : score.parts) {
      if (!part.applies) continue;
      PartSummary& summary = design.parts[part.name];
      if (part.raw) {
        summary.raw.add(*part.raw);
      } else {
        ++summary.missing;
      }
    }
  }
}

void add_pair(const Totals& first, const Totals& second, PairSummary& pair) {
  const std::vector<double> a = known_of(first), b = known_of(second);
  if (a.size() != first.size() || b.size() != second.size() || a.size() < 2) return;
  if (const std::optional<double> tau = kendall_tau(a, b)) pair.kendall.add(*tau);
  if (const std::optional<double> rho = spearman_rho(a, b)) pair.spearman.add(*rho);
  const std::vector<int> signs_a = advantage_signs(a), signs_b = advantage_signs(b);
  for (size_t i = 0; i < a.size(); ++i) {
    ++pair.num_completions;
    pair.num_flipped += signs_a[i] * signs_b[i] < 0 ? 1 : 0;
    pair.num_silenced += signs_a[i] != 0 && signs_b[i] == 0 ? 1 : 0;
    pair.num_woken += signs_a[i] == 0 && signs_b[i] != 0 ? 1 : 0;
  }
}

// Tokens that a hack string of this length would have, by the group's own completions.
int64_t estimate_tokens(const SavedGroup& group, size_t num_bytes) {
  double bytes = 0, tokens = 0;
  for (const SavedCompletion& completion : group.completions) {
    bytes += static_cast<double>(completion.text.size());
    tokens += static_cast<double>(completion.num_tokens);
  }
  const double per_byte = bytes > 0 ? tokens / bytes : 0.25;
  return static_cast<int64_t>(per_byte * static_cast<double>(num_bytes)) + 1;
}

// Each hack string as one more completion of the group.
void try_hacks(const SavedGroup& group, const Design& design, const Totals& honest,
               DesignSummary& summary) {
  const std::vector<double> known = known_of(honest);
  SavedGroup hacked = group;
  hacked.completions.emplace_back();
  for (const HackString& hack : hack_strings(group.sample)) {
    hacked.completions.back() = {hack.text, false, estimate_tokens(group, hack.text.size()), {}};
    const std::optional<double> total = design.score(hacked).back().total;
    HackSummary& result = summary.hacks[hack.name];
    if (!total || known.empty()) {
      ++result.unknown;
      continue;
    }
    MeanOf mean;
    for (const double value : known) mean.add(value);
    result.reward.add(*total);
    result.gain.add(*total - *mean.mean());
    result.above_all += *total > *std::ranges::max_element(known) ? 1 : 0;
  }
}

Totals totals_of(const std::vector<reward::Score>& scores) {
  Totals totals;
  for (const reward::Score& score : scores) totals.push_back(score.total);
  return totals;
}

Totals saved_totals(const SavedGroup& group) {
  Totals totals;
  for (const SavedCompletion& completion : group.completions) totals.push_back(completion.reward);
  return totals;
}

void add_saved_group(const SavedGroup& group, const std::vector<Design>& designs,
                     const LabOptions& options, LabResults& results) {
  const bool is_hacked = results.num_groups < options.hack_questions;
  std::vector<Totals> totals = {saved_totals(group)};
  add_group(totals[0], results.designs[0]);
  for (size_t i = 0; i < designs.size(); ++i) {
    const std::vector<reward::Score> scores = designs[i].score(group);
    totals.push_back(totals_of(scores));
    add_group(totals.back(), results.designs[i + 1]);
    add_parts(scores, results.designs[i + 1]);
    results.designs[i + 1].num_without_shuffled += designs[i].lacks_shuffled(group) ? 1 : 0;
    if (is_hacked) try_hacks(group, designs[i], totals.back(), results.designs[i + 1]);
  }
  for (size_t first = 0; first < totals.size(); ++first) {
    for (size_t second = first + 1; second < totals.size(); ++second)
      add_pair(totals[first], totals[second], results.pairs[{first, second}]);
  }
  results.num_hacked += is_hacked ? 1 : 0;
  ++results.num_groups;
  results.num_completions += static_cast<int64_t>(group.completions.size());
}

}  // namespace

LabResults run_lab(RolloutReader& reader, const std::vector<Design>& designs,
                   const LabOptions& options) {
  LabResults results;
  results.designs.resize(designs.size() + 1);
  results.designs[0].name = "as saved";
  for (size_t i = 0; i < designs.size(); ++i) results.designs[i + 1].name = designs[i].name();
  for (const HackString& hack : hack_strings({})) results.hack_names.push_back(hack.name);
  std::vector<data::Sample> samples;
  core::ProgressLine progress("scoring", static_cast<int64_t>(reader.num_files()), "files");
  while (const std::optional<std::vector<SavedGroup>> groups = reader.next()) {
    for (const SavedGroup& group : *groups) {
      add_saved_group(group, designs, options, results);
      if (static_cast<int64_t>(samples.size()) < options.fit_samples)
        samples.push_back(group.sample);
    }
    progress.update(++results.num_files);
  }
  progress.finish();
  for (size_t i = 0; i < designs.size(); ++i)
    results.designs[i + 1].unfit = designs[i].unfit(samples);
  results.bad_lines = reader.bad_lines();
  return results;
}

}  // namespace retrace::reward_lab
