// Rewards of one step: completions are judged on a few threads while others are still sampled, then
// the groups' rewards, totals and advantages follow.
//
// What comes out does not depend on the threads' timing: every completion has its own place, and of
// several errors the one of the group that ended first is thrown.
#pragma once

#include <future>
#include <vector>

#include "core/metrics.h"
#include "reward/rubric.h"
#include "rl/grpo_work.h"
#include "rl/metric_sums.h"
#include "rl/run_config.h"
#include "rl/worker_pool.h"

namespace retrace::rl {

class GroupScoring {
 public:
  // Throws ConfigError as reward::Rubric does. `config` and `resources` outlive it.
  GroupScoring(const RunConfig& config, const reward::RewardResources& resources);

  // Frame-shuffled completions a group needs; 0: none.
  int64_t num_shuffled() const { return num_shuffled_; }
  const reward::Rubric& rubric() const { return rubric_; }

  // Starts to judge the completions of item.group, or of item.shuffled->group. The item must stay
  // where it is until finish() or abandon().
  void judge(PromptWork& item);
  void judge_shuffled(PromptWork& item);

  // Waits for what is judged. Throws what a reward threw, and DataError after judging_limit_s().
  void wait();
  // After wait(): a signal came, and judgements failed, for all one knows because of it.
  bool was_interrupted() const;
  // After wait(): fills in scores and advantages and adds up the step's sums. Throws DataError for
  // an unknown total where the recipe says stop.
  void finish(std::vector<PromptWork>& work, MetricSums& sums);
  // Drops what has not begun, waits for what runs, and forgets it.
  void abandon();

  // reward/* of the sums, reduced over ranks. Means of nothing are NaN: missing.
  std::vector<core::Metric> metrics(const MetricSums& sums) const;

 private:
  using Scorer = reward::Score (reward::Rubric::*)(const reward::RewardInput&) const;
  void start(Scorer scorer, const data::Sample& sample,
             const std::vector<rollout::Completion>& completions,
             std::vector<reward::Score>& scores);
  void finish_group(PromptWork& item) const;
  void require_totals(const PromptWork& item) const;
  void add_sums(const PromptWork& item, MetricSums& sums) const;

  const reward::Judge* judge_;  // or null
  reward::Rubric rubric_;
  MissingPolicy on_missing_;
  AdvantageOptions advantage_;
  int64_t num_shuffled_;
  double limit_s_;
  reward::JudgeCounts before_;  // when the step's first judgement was asked for
  std::vector<std::future<void>> running_;
  WorkerPool pool_;
};

// One line on rank 0 for each reward that fits none of the samples.
void warn_of_unfit_samples(const reward::Rubric& rubric, const std::vector<data::Sample>& samples,
                           int rank);

}  // namespace retrace::rl
