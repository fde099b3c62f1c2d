// One stage of a run (sft or grpo): a sequence of optimizer steps. The trainer drives it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics.h"
#include "core/random.h"
#include "data/sample.h"
#include "distributed/communicator.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "rl/metric_sums.h"
#include "rl/optimizer.h"
#include "rl/prepared_prompt.h"
#include "rl/run_config.h"

namespace retrace::rl {

// What stages and evaluation work with; made once a run, outlives them.
struct RunContext {
  const RunConfig& config;
  distributed::Communicator& communicator;
  model::QwenVl& policy;
  const model::Tokenizer& tokenizer;
  const PromptBuilder& prompts;
  reward::RewardResources reward_resources = {};  // what rewards need from outside
};

struct StepReport {
  std::vector<core::Metric> metrics;  // reduced over ranks
  std::string headline;               // for the progress line: "reward 0.61"
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string_view name() const = 0;
  virtual int64_t num_steps() const = 0;
  // Step `step` (from 0) of this stage: a collective call. nullopt: a signal cut it short before it
  // changed anything.
  virtual std::optional<StepReport> run_step(int64_t step) = 0;
  virtual AdamW& optimizer() = 0;
};

// Steps of a stage over `num_samples` samples: `steps`, or epochs * num_samples / prompts_per_step
// rounded up.
int64_t stage_steps(const TrainSection& section, int64_t num_samples);

// Whether the vision tower changes: model.train_vision, and with LoRA only if an adapter is in it.
bool trains_vision(const RunContext& context);

// Named streams of LoRA dropout (Note [Dropout follows the row]), one substream a slot; empty
// without it.
std::optional<core::RandomStream> dropout_stream(const RunContext& context, std::string_view stage);

// Adds the gradients of a micro-batch's loss. Does nothing where no parameter took part: text
// alone, when only adapters of the vision tower train.
void add_gradients(const at::Tensor& loss);

// Sums gradients over ranks, checks them, clips, and steps. Returns the gradient norm before
// clipping.
double reduce_and_step(const RunContext& context, AdamW& optimizer, double learning_rate);

// "partly_read_videos" and "missing_frames" since the program started (data/frame_cache.h).
void add_partial_reads(const RunContext& context, MetricSums& sums);

}  // namespace retrace::rl
