#include "rl/grpo_output.h"

#include <fmt/ranges.h>

#include "core/files.h"

namespace retrace::rl {

void write_rollouts(const std::vector<PromptWork>& work, int64_t step, bool has_shuffled,
                    const std::filesystem::path& folder, distributed::Communicator& communicator) {
  const auto write = [&](const std::string& lines, std::string_view prefix) {
    const std::vector<std::string> by_rank = communicator.all_gather(lines, "rollouts");
    if (communicator.rank() != 0) return;
    core::write_file_atomically(folder / fmt::format("{}-{:06d}.jsonl", prefix, step),
                                fmt::format("{}", fmt::join(by_rank, "")));
  };
  write(rollout_lines(work, step), "step");
  if (has_shuffled) write(shuffled_lines(work, step), "shuffled");
}

std::vector<core::Metric> update_metrics(const MetricSums& sums, const StepTimes& times) {
  return {{"groups/dead_fraction", sums.ratio("dead", "groups")},
          {"completion/length_mean", sums.ratio("tokens", "completions")},
          {"completion/truncated_fraction", sums.ratio("truncated", "completions")},
          {"kl/mean", sums.ratio("kl", "tokens")},
          {"policy/loss", sums.sum("loss")},
          {"policy/clip_fraction", sums.ratio("clipped", "tokens")},
          {"policy/idle_fraction", sums.ratio("idle_updates", "updates")},
          {"policy/entropy", sums.ratio("entropy", "tokens")},
          {"rollout/logprob_gap_mean", sums.ratio("gap", "tokens")},
          {"rollout/logprob_gap_max", sums.largest("gap")},
          {"vision/passes", sums.sum("vision_passes")},
          {"video/disk_hits", sums.sum("disk_hits")},
          {"video/partly_read", sums.sum("partly_read_videos")},
          {"video/missing_frames", sums.sum("missing_frames")},
          {"perf/tokens_per_s", sums.sum("rows") / times.total_s},
          {"memory/peak_gb", sums.largest("memory_gb")},
          {"time/step_s", times.total_s},
          {"time/video_s", times.video_s},
          {"time/rollout_s", times.rollout_s},
          {"time/reward_s", times.reward_s},
          {"time/update_s", times.update_s}};
}

std::string step_headline(const MetricSums& sums) {
  const bool is_scored = sums.sum("scored") > 0;
  return fmt::format("reward {} kl {:.4f}",
                     is_scored ? fmt::format("{:.3f}", sums.mean("reward", "scored")) : "unknown",
                     sums.ratio("kl", "tokens"));
}

}  // namespace retrace::rl
