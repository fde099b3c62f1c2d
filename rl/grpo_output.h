// What a GRPO step leaves behind: files of completions, and metrics of its updates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/metrics.h"
#include "distributed/communicator.h"
#include "rl/grpo_work.h"
#include "rl/metric_sums.h"

namespace retrace::rl {

// Writes `folder`/step-<step>.jsonl with the completions of all ranks, and with `has_shuffled`
// shuffled-<step>.jsonl with those about frame-shuffled clips. A collective call; rank 0 writes.
void write_rollouts(const std::vector<PromptWork>& work, int64_t step, bool has_shuffled,
                    const std::filesystem::path& folder, distributed::Communicator& communicator);

// Seconds of a step's parts on this rank.
struct StepTimes {
  double video_s = 0, rollout_s = 0, reward_s = 0, update_s = 0;
  double total_s = 0;  // of these and of adding up metrics
};

// groups/*, completion/*, kl/*, policy/*, rollout/*, vision/* and video/* of the step's sums, which
// are reduced over ranks, and its times.
std::vector<core::Metric> update_metrics(const MetricSums& sums, const StepTimes& times);

// For the progress line: "reward 0.614 kl 0.0021".
std::string step_headline(const MetricSums& sums);

}  // namespace retrace::rl
