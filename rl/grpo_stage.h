// Group-relative policy optimisation: sample groups, score, advantages, one packed update, KL
// against the frozen model at the start of the stage.
//
// Note [Old log-probs come from the rollout policy]: with updates_per_rollout = 1 the policy that
// samples is the one that is updated, so old = stop-gradient(new) and no extra pass is run; the gap
// to the log-probs the engine returned is measured every step (rollout/logprob_gap_*). With more
// updates, old is what the engine returned.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "core/random.h"
#include "rl/group_scoring.h"
#include "rl/grpo_work.h"
#include "rl/idle_update.h"
#include "rl/metric_sums.h"
#include "rl/sample_order.h"
#include "rl/shuffled_clips.h"
#include "rl/stage.h"
#include "rollout/engine.h"

namespace retrace::rl {

// Sampling options of training and evaluation in one place: stop and banned ids come from tokenizer
// and model.
rollout::RolloutOptions rollout_options(const RunContext& context, double temperature);

class GrpoStage : public Stage {
 public:
  // `reference` is not needed (null) without a KL term. Rollouts go to `rollout_folder`, one file a
  // step, by rank 0.
  GrpoStage(RunContext context, std::vector<data::Sample> samples,
            std::unique_ptr<model::QwenVl> reference, std::filesystem::path rollout_folder);
  std::string_view name() const override { return "grpo"; }
  int64_t num_steps() const override { return num_steps_; }
  std::optional<StepReport> run_step(int64_t step) override;
  AdamW& optimizer() override { return *optimizer_; }

 private:
  std::vector<PromptWork> prepare(int64_t step);
  // Samples all completions; each group is judged while others are sampled.
  void roll_out(std::vector<PromptWork>& work, int64_t step);
  void score_reference(std::vector<PromptWork>& work);
  // The updates of a step, in turn. Returns the last gradient norm.
  double update_all(std::vector<PromptWork>& work, double lr, MetricSums& sums);
  // One optimizer step on work[begin, end), or none: see Note [An update without a signal moves
  // nothing]. Returns the gradient norm.
  double update(std::vector<PromptWork>& work, size_t begin, size_t end, double lr,
                MetricSums& sums);
  // Adds to the evidence's gaps too.
  void add_loss(const std::vector<PromptWork*>& micro_batch, const StepDenominators& denominators,
                MetricSums& sums, UpdateEvidence& evidence);
  bool may_update(UpdateEvidence evidence) const;

  RunContext context_;
  std::vector<data::Sample> samples_;
  SampleOrder order_;
  OptionOrder option_order_;
  FrozenVisionRows frozen_rows_, reference_rows_;
  std::unique_ptr<model::QwenVl> reference_;
  GroupScoring scoring_;
  ShuffledClips shuffled_clips_;
  rollout::RolloutEngine engine_;
  core::RandomStream sampling_stream_;
  std::optional<core::RandomStream> dropout_stream_;
  std::filesystem::path rollout_folder_;
  std::unique_ptr<AdamW> optimizer_;
  int64_t num_steps_;
};

}  // namespace retrace::rl
