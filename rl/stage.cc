#include "rl/stage.h"

#include <cmath>

#include "core/error.h"
#include "core/logging.h"

namespace retrace::rl {

int64_t stage_steps(const TrainSection& section, int64_t num_samples) {
  if (section.steps > 0) return section.steps;
  const double slots = section.epochs * static_cast<double>(num_samples);
  return static_cast<int64_t>(std::ceil(slots / static_cast<double>(section.prompts_per_step)));
}

bool trains_vision(const RunContext& context) {
  return context.config.model.train_vision && context.policy.weights().can_train_vision();
}

std::optional<core::RandomStream> dropout_stream(const RunContext& context,
                                                 std::string_view stage) {
  const model::Adapters* adapters = context.policy.weights().adapters();
  if (adapters == nullptr || adapters->options().dropout == 0) return std::nullopt;
  return core::RandomStream(context.config.run.seed, fmt::format("dropout of {}", stage));
}

void add_gradients(const at::Tensor& loss) {
  if (loss.requires_grad()) loss.backward();
}

double reduce_and_step(const RunContext& context, AdamW& optimizer, double learning_rate) {
  if (context.communicator.size() > 1)
    context.communicator.all_reduce_sum(optimizer.gradients(), "gradient");
  const double norm = optimizer.step(learning_rate);
  if (!std::isfinite(norm)) {
    core::log_warning(
        "gradient norm is {}: this step changed nothing; a lower learning rate usually helps",
        norm);
  }
  return norm;
}

void add_partial_reads(const RunContext& context, MetricSums& sums) {
  const data::PartialReads partial = context.prompts.partial_reads();
  sums.add("partly_read_videos", static_cast<double>(partial.num_videos));
  sums.add("missing_frames", static_cast<double>(partial.num_missing_frames));
}

}  // namespace retrace::rl
