// Supervised fine-tuning: next-token loss on the demonstration's tokens only, with the video in the
// prompt.
//
//   loss = - sum over demonstration tokens of log p(token) / number of demonstration tokens in the
//   step (all ranks)
#pragma once

#include <memory>
#include <vector>

#include "rl/metric_sums.h"
#include "rl/sample_order.h"
#include "rl/stage.h"
#include "rl/vision_rows.h"

namespace retrace::rl {

class SftStage : public Stage {
 public:
  SftStage(RunContext context, std::vector<data::Sample> samples);
  std::string_view name() const override { return "sft"; }
  int64_t num_steps() const override { return num_steps_; }
  std::optional<StepReport> run_step(int64_t step) override;
  AdamW& optimizer() override { return *optimizer_; }

 private:
  struct Demonstration {
    PreparedPrompt prompt;
    std::vector<int64_t> completion_ids;
    VisionRows vision;
    std::optional<core::RandomStream> dropout;
  };
  // This rank's share of the step.
  std::vector<Demonstration> prepare(int64_t step);
  // Forward and backward over micro-batches; gradients add up in the optimizer's buffer.
  void accumulate_gradients(std::vector<Demonstration>& batch, MetricSums& sums) const;

  RunContext context_;
  std::vector<data::Sample> samples_;
  SampleOrder order_;
  OptionOrder option_order_;
  FrozenVisionRows frozen_rows_;
  std::optional<core::RandomStream> dropout_stream_;
  std::unique_ptr<AdamW> optimizer_;
  int64_t num_steps_;
};

}  // namespace retrace::rl
