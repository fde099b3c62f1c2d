#include "rl/sft_stage.h"

#include <ATen/ATen.h>

#include <chrono>
#include <utility>

#include "core/error.h"
#include "rl/metric_sums.h"
#include "rl/packed_batch.h"

namespace retrace::rl {
namespace {

struct Demonstration {
  PreparedPrompt prompt;
  std::vector<int64_t> completion_ids;
  VisionRows vision;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

SftStage::SftStage(RunContext context, std::vector<data::Sample> samples)
    : context_(context),
      samples_(std::move(samples)),
      order_(static_cast<int64_t>(samples_.size()), context.config.run.seed),
      frozen_rows_(context.config.video.cache_mb << 20),
      num_steps_(stage_steps(context.config.sft, static_cast<int64_t>(samples_.size()))) {
  const bool train_vision = context_.config.model.train_vision;
  at::Tensor gradients = context_.policy.weights().require_gradients(train_vision);
  optimizer_ = std::make_unique<AdamW>(context_.policy.weights(), std::move(gradients),
                                       context_.config.sft.adamw, train_vision);
}

StepReport SftStage::run_step(int64_t step) {
  const auto start = std::chrono::steady_clock::now();
  const SftSection& options = context_.config.sft;
  const bool train_vision = context_.config.model.train_vision;
  const int64_t vision_passes_before = context_.policy.num_vision_passes();
  const SlotRange slots = rank_slots(step, options.prompts_per_step, context_.communicator.rank(),
                                     context_.communicator.size());

  std::vector<Demonstration> batch;
  std::vector<PackItem> items;
  batch.reserve(static_cast<size_t>(slots.count));
  MetricSums sums;
  for (const int64_t index : order_.slots(slots.first, slots.count)) {
    const data::Sample& sample = samples_[static_cast<size_t>(index)];
    Demonstration& item = batch.emplace_back();
    item.prompt = context_.prompts.build(sample);
    item.completion_ids = context_.prompts.demonstration_ids(sample);
    item.vision = train_vision ? VisionRows(context_.policy, item.prompt, true)
                               : VisionRows(frozen_rows_.get(context_.policy, item.prompt, index));
    items.push_back({&item.prompt.tokens, {&item.completion_ids}, item.vision.for_training()});
    sums.add("tokens", static_cast<double>(item.completion_ids.size()));
    sums.add("rows", static_cast<double>(packed_rows(items.back())));
  }
  at::Tensor num_tokens = at::full({1}, sums.sum("tokens"), at::kDouble);
  context_.communicator.all_reduce_sum(num_tokens, "token count");
  const double global_tokens = num_tokens.item<double>();

  sums.add("loss", 0);
  sums.add("entropy", 0);
  for (const std::vector<PackItem>& micro_batch :
       split_by_rows(items, options.micro_batch_tokens)) {
    const kernels::TokenLogprob scored = response_logprobs(context_.policy, pack(micro_batch), 1.0);
    const at::Tensor loss = -scored.logprob_T.sum() / global_tokens;
    loss.backward();
    sums.add("loss", loss.item<double>());
    sums.add("entropy", scored.entropy_T.sum().item<double>());
  }
  for (Demonstration& item : batch) item.vision.finish_backward();

  const double lr = learning_rate(options.lr, step, num_steps_);
  const double grad_norm = reduce_and_step(context_, *optimizer_, lr);
  sums.add("vision_passes",
           static_cast<double>(context_.policy.num_vision_passes() - vision_passes_before));
  sums.reduce(context_.communicator);
  const double seconds = seconds_since(start);
  StepReport report;
  report.metrics = {{"sft/loss", sums.sum("loss")},
                    {"sft/entropy", sums.ratio("entropy", "tokens")},
                    {"sft/tokens", sums.sum("tokens")},
                    {"sft/learning_rate", lr},
                    {"policy/grad_norm", grad_norm},
                    {"vision/passes", sums.sum("vision_passes")},
                    {"perf/tokens_per_s", sums.sum("rows") / seconds},
                    {"time/step_s", seconds}};
  report.headline = fmt::format("loss {:.4f}", sums.sum("loss"));
  return report;
}

}  // namespace retrace::rl
