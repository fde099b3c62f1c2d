#include "reward/rubric.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "reward/builtin_rewards.h"

namespace retrace::reward {
namespace {

constexpr int64_t kSmallestGroup = 2;

void check_finite(const RewardSpec& spec, std::string_view key, double value) {
  if (std::isfinite(value)) return;
  core::throw_<core::ConfigError>("reward '{}': {} must be a finite number, is {}", spec.name, key,
                                  value);
}

void check_raw(std::string_view name, const std::optional<double>& raw) {
  RETRACE_CHECK(!raw || std::isfinite(*raw), "reward '{}' returned {}", name, *raw);
}

}  // namespace

// ------------------------------------------------------------------------------------------------
// Making it
// ------------------------------------------------------------------------------------------------

Rubric::Rubric(const std::vector<RewardSpec>& specs, const RewardResources& resources) {
  if (specs.empty()) {
    core::throw_<core::ConfigError>(
        "reward: expected at least one reward, found none; add one, for example {{name: letter}}");
  }
  for (const RewardSpec& spec : specs) add(spec, resources);
  link_accuracy();
}

void Rubric::add(const RewardSpec& spec, const RewardResources& resources) {
  check_finite(spec, "weight", spec.weight);
  check_finite(spec, "threshold", spec.threshold);
  if (index_of(spec.name) < entries_.size()) {
    core::throw_<core::ConfigError>("reward '{}': listed twice; keep one and add up the weights",
                                    spec.name);
  }
  Entry entry;
  entry.spec = spec;
  if (!spec.gate.empty()) {
    entry.gate = index_of(spec.gate);
    if (*entry.gate == entries_.size()) {
      core::throw_<core::ConfigError>(
          "reward '{}': gate must be a reward listed before it, is '{}'", spec.name, spec.gate);
    }
  }
  AnyReward made = (spec.make ? spec.make : default_reward(spec.name))(resources);
  if (auto* single = std::get_if<std::unique_ptr<RewardFn>>(&made)) {
    entry.single = std::move(*single);
  } else {
    entry.group = std::move(std::get<std::unique_ptr<GroupRewardFn>>(made));
  }
  entries_.push_back(std::move(entry));
}

void Rubric::link_accuracy() {
  for (Entry& entry : entries_) {
    if (!entry.group) continue;
    const size_t accuracy = index_of(entry.group->accuracy());
    if (accuracy == entries_.size() || !entries_[accuracy].single) {
      core::throw_<core::ConfigError>(
          "reward '{}': accuracy must be a listed reward of single completions, is '{}'; list it "
          "too, with weight 0 if it must not count",
          entry.spec.name, entry.group->accuracy());
    }
    entry.accuracy = accuracy;
  }
}

size_t Rubric::index_of(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.spec.name == name; });
  return static_cast<size_t>(found - entries_.begin());
}

bool Rubric::Entry::is_for(data::Task task) const {
  const std::vector<data::Task>& tasks = spec.tasks;
  return tasks.empty() || std::find(tasks.begin(), tasks.end(), task) != tasks.end();
}

bool Rubric::Entry::compares_shuffled() const {
  return group && group->num_shuffled(kSmallestGroup) > 0;
}

bool Rubric::applies(const Entry& entry, const data::Sample& sample) const {
  return entry.is_for(sample.task) &&
         (!entry.accuracy || entries_[*entry.accuracy].is_for(sample.task));
}

// ------------------------------------------------------------------------------------------------
// Scoring
// ------------------------------------------------------------------------------------------------

Score Rubric::score(const RewardInput& input) const {
  Score score;
  for (const Entry& entry : entries_) {
    RewardPart& part = score.parts.emplace_back();
    part.name = entry.spec.name;
    part.applies = applies(entry, input.sample);
    if (part.applies && entry.single) part.raw = entry.single->score(input);
    check_raw(part.name, part.raw);
  }
  sum_up(score);
  return score;
}

Score Rubric::score_shuffled(const RewardInput& input) const {
  Score score;
  for (const Entry& entry : entries_)
    score.parts.push_back({entry.spec.name, std::nullopt, applies(entry, input.sample)});
  for (const Entry& entry : entries_) {
    if (!entry.compares_shuffled() || !applies(entry, input.sample)) continue;
    RewardPart& part = score.parts[*entry.accuracy];
    if (part.raw) continue;
    part.raw = entries_[*entry.accuracy].single->score(input);
    check_raw(part.name, part.raw);
  }
  return score;
}

void Rubric::finish_group(const std::vector<RewardInput>& inputs, std::vector<Score>& scores,
                          const std::vector<Score>& shuffled) const {
  for (size_t entry_idx = 0; entry_idx < entries_.size(); ++entry_idx) {
    const Entry& entry = entries_[entry_idx];
    if (!entry.group || scores.empty() || !scores.front().parts[entry_idx].applies) continue;
    const auto accuracy_of = [&](const std::vector<Score>& list) {
      std::vector<std::optional<double>> values;
      for (const Score& score : list) values.push_back(score.parts[*entry.accuracy].raw);
      return values;
    };
    const auto accuracy = accuracy_of(scores), shuffled_accuracy = accuracy_of(shuffled);
    const auto values = entry.group->score({inputs, accuracy, shuffled_accuracy});
    RETRACE_CHECK(values.size() == scores.size(), "reward '{}' returned {} values for {}",
                  entry.spec.name, values.size(), scores.size());
    for (size_t i = 0; i < scores.size(); ++i) {
      check_raw(entry.spec.name, values[i]);
      scores[i].parts[entry_idx].raw = values[i];
    }
  }
  for (Score& score : scores) sum_up(score);
}

std::vector<Score> Rubric::score_group(const std::vector<RewardInput>& inputs) const {
  std::vector<Score> scores;
  for (const RewardInput& input : inputs) scores.push_back(score(input));
  finish_group(inputs, scores);
  return scores;
}

void Rubric::sum_up(Score& score) const {
  score.total = 0.0;
  std::vector<std::optional<bool>> passed(
      entries_.size());  // opens what it gates; nullopt: unknown
  for (size_t i = 0; i < entries_.size(); ++i) {
    const RewardSpec& spec = entries_[i].spec;
    const RewardPart& part = score.parts[i];
    const std::optional<bool> open = entries_[i].gate ? passed[*entries_[i].gate] : true;
    if (!part.applies || open == false) {
      passed[i] = open;  // a reward for other tasks stands in nobody's way
      continue;
    }
    if (open && part.raw) passed[i] = *part.raw >= spec.threshold;
    if (spec.weight == 0) continue;
    if (!open || !part.raw) score.total = std::nullopt;
    if (score.total) *score.total += spec.weight * *part.raw;
  }
}

// ------------------------------------------------------------------------------------------------
// Asking about it
// ------------------------------------------------------------------------------------------------

int64_t Rubric::num_shuffled(int64_t group_size) const {
  int64_t largest = 0;
  for (const Entry& entry : entries_) {
    if (entry.group) largest = std::max(largest, entry.group->num_shuffled(group_size));
  }
  return largest;
}

bool Rubric::needs_shuffled(const data::Sample& sample) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return entry.compares_shuffled() && applies(entry, sample);
  });
}

std::vector<std::string> Rubric::names() const {
  std::vector<std::string> names;
  for (const Entry& entry : entries_) names.push_back(entry.spec.name);
  return names;
}

std::vector<std::string> Rubric::unfit(const std::vector<data::Sample>& samples) const {
  std::vector<std::string> complaints;
  for (const Entry& entry : entries_) {
    const RewardFn& judging = entry.single ? *entry.single : *entries_[*entry.accuracy].single;
    std::string first;
    const bool can_judge =
        std::any_of(samples.begin(), samples.end(), [&](const data::Sample& sample) {
          if (!applies(entry, sample)) return false;
          const std::string why = judging.why_unfit(sample);
          if (first.empty() && !why.empty())
            first = fmt::format("{} (sample {})", why, sample.index);
          return why.empty();
        });
    if (can_judge || samples.empty()) continue;
    if (first.empty()) first = "no sample is of its tasks";
    complaints.push_back(fmt::format("{}: {}", entry.spec.name, first));
  }
  return complaints;
}

}  // namespace retrace::reward
