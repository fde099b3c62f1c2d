#include "rl/sft_stage.h"

#include <ATen/ATen.h>

#include <chrono>
#include <utility>

#include "core/resources.h"
#include "rl/agreement.h"
#include "rl/packed_batch.h"

namespace retrace::rl {
SftStage::SftStage(RunContext context, std::vector<data::Sample> samples)
    : context_(context),
      samples_(std::move(samples)),
      order_(static_cast<int64_t>(samples_.size()), context.config.run.seed),
      option_order_(context.config.sft.data, context.config.run.seed, "sft"),
      frozen_rows_(context.config.video.cache_mb << 20),
      dropout_stream_(dropout_stream(context, "sft")),
      num_steps_(stage_steps(context.config.sft, static_cast<int64_t>(samples_.size()))) {
  const bool train_vision = trains_vision(context_);
  at::Tensor gradients = context_.policy.weights().require_gradients(train_vision);
  optimizer_ = std::make_unique<AdamW>(context_.policy.weights().trainable(), std::move(gradients),
                                       context_.config.sft.adamw, train_vision);
}

std::vector<SftStage::Demonstration> SftStage::prepare(int64_t step) {
  const bool train_vision = trains_vision(context_);
  const SlotRange slots = rank_slots(step, context_.config.sft.prompts_per_step,
                                     context_.communicator.rank(), context_.communicator.size());
  std::vector<Demonstration> batch;
  for (const int64_t index : order_.slots(slots.first, slots.count)) {
    const int64_t slot = slots.first + std::ssize(batch);
    const auto sample = option_order_.draw(samples_[static_cast<size_t>(index)], slot);
    Demonstration& item = batch.emplace_back();
    item.prompt = context_.prompts.build(*sample);
    item.completion_ids = context_.prompts.demonstration_ids(*sample);
    context_.prompts.require_positions(*sample, item.prompt, std::ssize(item.completion_ids));
    if (dropout_stream_) item.dropout = dropout_stream_->substream(static_cast<uint64_t>(slot));
    item.vision = train_vision ? VisionRows(context_.policy, item.prompt, true)
                               : VisionRows(frozen_rows_.get(context_.policy, item.prompt, index));
  }
  return batch;
}

void SftStage::accumulate_gradients(std::vector<Demonstration>& batch, MetricSums& sums) const {
  std::vector<PackItem> items;
  for (const Demonstration& item : batch) {
    items.push_back({.prompt = &item.prompt.tokens,
                     .completions = {&item.completion_ids},
                     .vision_rows = item.vision.for_training(),
                     .dropout = item.dropout});
    sums.add("tokens", static_cast<double>(item.completion_ids.size()));
    sums.add("rows", static_cast<double>(packed_rows(items.back())));
  }
  at::Tensor num_tokens = at::full({1}, sums.sum("tokens"), at::kDouble);
  context_.communicator.all_reduce_sum(num_tokens, "token count");
  const double tokens_in_step = num_tokens.item<double>();
  for (const auto& micro_batch : split_by_rows(items, context_.config.sft.micro_batch_tokens)) {
    const kernels::TokenLogprob scored = response_logprobs(context_.policy, pack(micro_batch), 1.0);
    const at::Tensor loss = -scored.logprob_T.sum() / tokens_in_step;
    add_gradients(loss);
    sums.add("loss", loss.item<double>());
    sums.add("entropy", scored.entropy_T.sum().item<double>());
  }
  for (Demonstration& item : batch) item.vision.finish_backward();
}

std::optional<StepReport> SftStage::run_step(int64_t step) {
  const auto start = std::chrono::steady_clock::now();
  const int64_t vision_passes_before = context_.policy.num_vision_passes();
  const int64_t disk_hits_before = context_.prompts.num_disk_hits();
  MetricSums sums;
  std::vector<Demonstration> batch;
  run_on_all_ranks(context_.communicator, [&] { batch = prepare(step); });
  accumulate_gradients(batch, sums);
  const double lr = learning_rate(context_.config.sft.lr, step, num_steps_);
  const double grad_norm = reduce_and_step(context_, *optimizer_, lr);

  sums.add("vision_passes",
           static_cast<double>(context_.policy.num_vision_passes() - vision_passes_before));
  sums.add("disk_hits", static_cast<double>(context_.prompts.num_disk_hits() - disk_hits_before));
  add_partial_reads(context_, sums);
  sums.raise("memory_gb", core::peak_memory_gb());
  sums.reduce(context_.communicator);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  StepReport report;
  report.metrics = {{"sft/loss", sums.sum("loss")},
                    {"sft/entropy", sums.ratio("entropy", "tokens")},
                    {"sft/tokens", sums.sum("tokens")},
                    {"policy/learning_rate", lr},
                    {"policy/grad_norm", grad_norm},
                    {"vision/passes", sums.sum("vision_passes")},
                    {"video/disk_hits", sums.sum("disk_hits")},
                    {"video/partly_read", sums.sum("partly_read_videos")},
                    {"video/missing_frames", sums.sum("missing_frames")},
                    {"perf/tokens_per_s", sums.sum("rows") / seconds},
                    {"memory/peak_gb", sums.largest("memory_gb")},
                    {"time/step_s", seconds}};
  report.headline = fmt::format("loss {:.4f}", sums.sum("loss"));
  return report;
}

}  // namespace retrace::rl
