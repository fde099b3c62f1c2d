#include "rl/group_scoring.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/logging.h"

namespace retrace::rl {
namespace {

reward::RewardInput input_of(const data::Sample& sample, const rollout::Completion& completion) {
  const bool truncated = completion.finish == rollout::FinishReason::kLength;
  return {completion.text, truncated, sample, static_cast<int64_t>(completion.ids.size())};
}

void add_known(MetricSums& sums, const std::string& sum, const std::string& count,
               const std::optional<double>& value) {
  sums.add(sum, value.value_or(0.0));
  sums.add(count, value ? 1 : 0);
}

}  // namespace

GroupScoring::GroupScoring(const RunConfig& config, const reward::RewardResources& resources)
    : judge_(resources.judge),
      rubric_(config.reward.rewards, resources),
      on_missing_(config.reward.on_missing),
      advantage_(config.grpo.advantage),
      num_shuffled_(rubric_.num_shuffled(config.grpo.group_size)),
      limit_s_(judging_limit_s(config)),
      pool_(config.reward.threads) {}

// ------------------------------------------------------------------------------------------------
// Judging
// ------------------------------------------------------------------------------------------------

void GroupScoring::judge(PromptWork& item) {
  start(&reward::Rubric::score, *item.sample, item.group.completions, item.scores);
}

void GroupScoring::judge_shuffled(PromptWork& item) {
  start(&reward::Rubric::score_shuffled, *item.sample, item.shuffled->group.completions,
        item.shuffled->scores);
}

void GroupScoring::start(Scorer scorer, const data::Sample& sample,
                         const std::vector<rollout::Completion>& completions,
                         std::vector<reward::Score>& scores) {
  if (running_.empty() && judge_ != nullptr) before_ = judge_->counts();
  scores.resize(completions.size());
  for (size_t i = 0; i < completions.size(); ++i) {
    running_.push_back(
        pool_.submit([this, scorer, &sample, &completion = completions[i], &score = scores[i]] {
          score = (rubric_.*scorer)(input_of(sample, completion));
        }));
  }
}

void GroupScoring::wait() {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::duration<double>(limit_s_);
  size_t num_dropped = 0;
  for (const std::future<void>& task : running_) {
    if (task.wait_until(limit) == std::future_status::timeout) num_dropped += pool_.drop_waiting();
    task.wait();  // even then, and before anything is thrown: the tasks write into the step's work
  }
  std::vector<std::future<void>> tasks = std::exchange(running_, {});
  if (num_dropped > 0) {
    core::throw_<core::DataError>(
        "reward: {} of {} completions were not judged {:g} s after the last was sampled (0.9 of "
        "distributed.deadline_seconds, less judge.total_deadline_seconds with a server); raise "
        "reward.threads and judge.concurrency, or that deadline, or sample fewer completions",
        num_dropped, tasks.size(), limit_s_);
  }
  for (std::future<void>& task : tasks) task.get();
}

bool GroupScoring::was_interrupted() const {
  return core::interrupt_signal() != 0 && judge_ != nullptr &&
         judge_->counts().failed > before_.failed;
}

void GroupScoring::abandon() {
  pool_.drop_waiting();
  for (const std::future<void>& task : running_) task.wait();
  running_.clear();
}

void GroupScoring::finish(std::vector<PromptWork>& work, MetricSums& sums) {
  for (const std::string& name : rubric_.names()) {
    sums.add("reward." + name, 0);
    sums.add("judged." + name, 0);
  }
  if (judge_ != nullptr) {
    const reward::JudgeCounts counts = judge_->counts();
    sums.add("judge_asked", static_cast<double>(counts.asked - before_.asked));
    sums.add("judge_failed", static_cast<double>(counts.failed - before_.failed));
    sums.add("judge_cost", counts.cost_usd - before_.cost_usd);
  }
  for (PromptWork& item : work) {
    finish_group(item);
    add_sums(item, sums);
  }
}

void GroupScoring::finish_group(PromptWork& item) const {
  std::vector<reward::RewardInput> inputs;
  for (const rollout::Completion& completion : item.group.completions)
    inputs.push_back(input_of(*item.sample, completion));
  rubric_.finish_group(inputs, item.scores,
                       item.shuffled ? item.shuffled->scores : std::vector<reward::Score>());
  if (on_missing_ == MissingPolicy::kStop) require_totals(item);
  std::vector<std::optional<double>> totals;
  for (const reward::Score& score : item.scores) totals.push_back(score.total);
  item.advantage = group_advantage(totals, advantage_);
}

void GroupScoring::require_totals(const PromptWork& item) const {
  for (size_t i = 0; i < item.scores.size(); ++i) {
    if (item.scores[i].total) continue;
    std::string missing;
    for (const reward::RewardPart& part : item.scores[i].parts) {
      if (part.applies && !part.raw) missing += (missing.empty() ? "" : ", ") + part.name;
    }
    core::throw_<core::DataError>(
        "sample {}: completion {} of slot {} could not be judged by: {}; mend the judge or the "
        "data, or go on without such completions with reward.on_missing: skip",
        item.sample->index, i, item.slot, missing);
  }
}

// ------------------------------------------------------------------------------------------------
// Metrics
// ------------------------------------------------------------------------------------------------

void GroupScoring::add_sums(const PromptWork& item, MetricSums& sums) const {
  for (size_t i = 0; i < item.scores.size(); ++i) {
    const reward::Score& score = item.scores[i];
    const rollout::Completion& completion = item.group.completions[i];
    for (const reward::RewardPart& part : score.parts)
      add_known(sums, "reward." + part.name, "judged." + part.name, part.raw);
    add_known(sums, "reward", "scored", score.total);
    sums.add("reward_squared", score.total.value_or(0.0) * score.total.value_or(0.0));
    sums.add("truncated", completion.finish == rollout::FinishReason::kLength ? 1 : 0);
    sums.add("completions", 1);
    sums.add("tokens", static_cast<double>(completion.ids.size()));
  }
  sums.add("dead", item.advantage.dead ? 1 : 0);
  sums.add("group_std", item.advantage.std);
  sums.add("groups", 1);
}

std::vector<core::Metric> GroupScoring::metrics(const MetricSums& sums) const {
  const double mean = sums.mean("reward", "scored");
  const double variance = sums.mean("reward_squared", "scored") - mean * mean;
  std::vector<core::Metric> list = {
      {"reward/mean", mean},
      {"reward/std", std::isnan(variance) ? variance : std::sqrt(std::max(variance, 0.0))},
      {"reward/group_std", sums.ratio("group_std", "groups")},
      {"reward/missing_fraction", 1 - sums.ratio("scored", "completions")}};
  for (const std::string& name : rubric_.names())
    list.push_back({"reward/" + name + "/mean", sums.mean("reward." + name, "judged." + name)});
  if (judge_ != nullptr) {
    list.push_back({"judge/asked", sums.sum("judge_asked")});
    list.push_back({"judge/failed", sums.sum("judge_failed")});
    list.push_back({"judge/cost_usd", sums.sum("judge_cost")});
  }
  return list;
}

void warn_of_unfit_samples(const reward::Rubric& rubric, const std::vector<data::Sample>& samples,
                           int rank) {
  if (rank != 0) return;
  for (const std::string& complaint : rubric.unfit(samples)) {
    core::log_warning(
        "grpo.data: none of the {} samples can be judged by reward {}; its value will be missing "
        "in every step",
        samples.size(), complaint);
  }
}

}  // namespace retrace::rl
