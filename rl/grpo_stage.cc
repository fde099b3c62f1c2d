#include "rl/grpo_stage.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/resources.h"
#include "model/prompt.h"
#include "rl/agreement.h"

namespace retrace::rl {
namespace {

class Stopwatch {
 public:
  // Seconds since construction or the last call.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::vector<PackItem> pack_items(const std::vector<PromptWork>& work, size_t begin, size_t end) {
  std::vector<PackItem> items;
  for (size_t i = begin; i < end; ++i)
    items.push_back(work[i].pack_item(work[i].vision.for_training()));
  return items;
}

}  // namespace

rollout::RolloutOptions rollout_options(const RunContext& context, double temperature) {
  rollout::RolloutOptions options;
  options.sampling = context.config.rollout.sampling;
  options.sampling.temperature = temperature;
  options.max_new_tokens = context.config.rollout.max_new_tokens;
  options.stop_ids = model::stop_ids(context.tokenizer, context.policy.config());
  options.banned_ids = model::unsampleable_ids(context.tokenizer, context.policy.config());
  options.tile_rows = context.config.rollout.tile_rows;
  return options;
}

GrpoStage::GrpoStage(RunContext context, std::vector<data::Sample> samples,
                     std::unique_ptr<model::QwenVl> reference, std::filesystem::path rollout_folder)
    : context_(context),
      samples_(std::move(samples)),
      order_(static_cast<int64_t>(samples_.size()),
             context.config.run.seed + 1),  // not the order SFT had
      frozen_rows_(context.config.video.cache_mb << 20),
      reference_rows_(context.config.video.cache_mb << 20),
      reference_(std::move(reference)),
      rubric_(context.config.rewards),
      engine_(context.policy, context.tokenizer,
              rollout_options(context, context.config.rollout.sampling.temperature)),
      sampling_stream_(context.config.run.seed, "sampling"),
      dropout_stream_(dropout_stream(context, "grpo")),
      rollout_folder_(std::move(rollout_folder)),
      num_steps_(stage_steps(context.config.grpo, static_cast<int64_t>(samples_.size()))) {
  RETRACE_CHECK(reference_ || context_.config.grpo.loss.kl_coefficient == 0,
                "a KL term without a reference");
  const bool train_vision = trains_vision(context_);
  at::Tensor gradients = context_.policy.weights().require_gradients(train_vision);
  optimizer_ = std::make_unique<AdamW>(context_.policy.weights().trainable(), std::move(gradients),
                                       context_.config.grpo.adamw, train_vision);
}

StepReport GrpoStage::run_step(int64_t step) {
  const GrpoSection& options = context_.config.grpo;
  const int64_t vision_passes_before = context_.policy.num_vision_passes();
  MetricSums sums;
  Stopwatch total, watch;

  std::vector<PromptWork> work;
  run_on_all_ranks(context_.communicator, [&] { work = prepare(step); });
  const double video_s = watch.lap();
  roll_out(work, step);
  const double rollout_s = watch.lap();
  score(work, sums);
  write_rollouts(work, step);
  const double reward_s = watch.lap();
  score_reference(work);
  const double lr = learning_rate(options.lr, step, num_steps_);
  const size_t per_update = work.size() / static_cast<size_t>(options.updates_per_rollout);
  double grad_norm = 0;
  for (size_t begin = 0; begin < work.size(); begin += per_update) {
    grad_norm = update(work, begin, begin + per_update, lr, sums);
  }
  const double update_s = watch.lap();

  sums.add("vision_passes",
           static_cast<double>(context_.policy.num_vision_passes() - vision_passes_before));
  add_partial_reads(context_, sums);
  sums.raise("memory_gb", core::peak_memory_gb());
  sums.reduce(context_.communicator);
  const double step_s = total.lap();
  StepReport report;
  report.metrics = metrics(sums);
  for (const core::Metric& metric :
       std::vector<core::Metric>{{"policy/grad_norm", grad_norm},
                                 {"policy/learning_rate", lr},
                                 {"perf/tokens_per_s", sums.sum("rows") / step_s},
                                 {"memory/peak_gb", sums.largest("memory_gb")},
                                 {"time/step_s", step_s},
                                 {"time/video_s", video_s},
                                 {"time/rollout_s", rollout_s},
                                 {"time/reward_s", reward_s},
                                 {"time/update_s", update_s}}) {
    report.metrics.push_back(metric);
  }
  report.headline = fmt::format("reward {:.3f} kl {:.4f}", sums.ratio("reward", "scored"),
                                sums.ratio("kl", "tokens"));
  return report;
}

std::vector<PromptWork> GrpoStage::prepare(int64_t step) {
  const bool train_vision = trains_vision(context_);
  const SlotRange slots = rank_slots(step, context_.config.grpo.prompts_per_step,
                                     context_.communicator.rank(), context_.communicator.size());
  std::vector<PromptWork> work;
  for (const int64_t index : order_.slots(slots.first, slots.count)) {
    PromptWork& item = work.emplace_back();
    item.slot = slots.first + static_cast<int64_t>(work.size()) - 1;
    item.sample = &samples_[static_cast<size_t>(index)];
    item.prompt = context_.prompts.build(*item.sample);
    if (dropout_stream_)
      item.dropout = dropout_stream_->substream(static_cast<uint64_t>(item.slot));
    // With several updates the tower changes before later groups are learned from: update() runs it
    // again for them.
    const bool keep_graph = context_.config.grpo.updates_per_rollout == 1;
    item.vision = train_vision ? VisionRows(context_.policy, item.prompt, keep_graph)
                               : VisionRows(frozen_rows_.get(context_.policy, item.prompt, index));
  }
  return work;
}

void GrpoStage::roll_out(std::vector<PromptWork>& work, int64_t step) const {
  std::vector<rollout::RolloutRequest> requests;
  for (const PromptWork& item : work) {
    requests.push_back({&item.prompt.tokens, item.vision.detached(),
                        context_.config.grpo.group_size,
                        sampling_stream_.substream(static_cast<uint64_t>(item.slot))});
  }
  std::vector<rollout::RolloutGroup> groups = engine_.generate(requests, step);
  for (size_t i = 0; i < work.size(); ++i) work[i].group = std::move(groups[i]);
}

void GrpoStage::score(std::vector<PromptWork>& work, MetricSums& sums) const {
  for (const std::string& name : rubric_.names()) {
    sums.add("reward." + name, 0);
    sums.add("judged." + name, 0);
  }
  for (PromptWork& item : work) {
    std::vector<std::optional<double>> totals;
    for (const rollout::Completion& completion : item.group.completions) {
      const bool truncated = completion.finish == rollout::FinishReason::kLength;
      const reward::Score& score =
          item.scores.emplace_back(rubric_.score({completion.text, truncated, *item.sample}));
      totals.push_back(score.total);
      for (const reward::RewardPart& part : score.parts) {
        sums.add("reward." + part.name, part.raw.value_or(0.0));
        sums.add("judged." + part.name, part.raw ? 1 : 0);
      }
      sums.add("reward", score.total.value_or(0.0));
      sums.add("reward_squared", score.total.value_or(0.0) * score.total.value_or(0.0));
      sums.add("scored", score.total ? 1 : 0);
      sums.add("truncated", truncated ? 1 : 0);
      sums.add("completions", 1);
      sums.add("tokens", static_cast<double>(completion.ids.size()));
    }
    item.advantage = group_advantage(totals, context_.config.grpo.advantage);
    sums.add("dead", item.advantage.dead ? 1 : 0);
    sums.add("group_std", item.advantage.std);
    sums.add("groups", 1);
  }
}

void GrpoStage::score_reference(std::vector<PromptWork>& work) {
  if (!reference_) return;
  const at::NoGradGuard no_grad;
  for (PromptWork& item : work) {
    // A frozen tower is the same in policy and reference, so its rows serve both.
    const at::Tensor rows = trains_vision(context_)
                                ? reference_rows_.get(*reference_, item.prompt, item.sample->index)
                                : item.vision.detached();
    const PackedBatch batch = pack(std::vector<PackItem>{item.pack_item(rows)});
    const at::Tensor logprobs =
        response_logprobs(*reference_, batch, context_.config.rollout.sampling.temperature)
            .logprob_T;
    item.reference_logprobs = logprobs.split_with_sizes(batch.completion_lengths);
  }
}

double GrpoStage::update(std::vector<PromptWork>& work, size_t begin, size_t end, double lr,
                         MetricSums& sums) {
  at::Tensor counts = at::zeros({2}, at::kDouble);  // completions, tokens
  for (size_t i = begin; i < end; ++i) {
    for (const rollout::Completion& completion : work[i].group.completions) {
      counts[0] += 1;
      counts[1] += static_cast<double>(completion.ids.size());
    }
  }
  context_.communicator.all_reduce_sum(counts, "completion count");
  const StepDenominators denominators{static_cast<int64_t>(counts[0].item<double>()),
                                      static_cast<int64_t>(counts[1].item<double>()),
                                      context_.config.rollout.max_new_tokens};
  if (trains_vision(context_) && context_.config.grpo.updates_per_rollout > 1) {
    for (size_t i = begin; i < end; ++i)
      work[i].vision = VisionRows(context_.policy, work[i].prompt, true);
  }
  size_t next = begin;
  for (const auto& items :
       split_by_rows(pack_items(work, begin, end), context_.config.grpo.micro_batch_tokens)) {
    std::vector<PromptWork*> micro_batch;
    for (size_t i = 0; i < items.size(); ++i) micro_batch.push_back(&work[next++]);
    add_loss(micro_batch, denominators, sums);
  }
  for (size_t i = begin; i < end; ++i) work[i].vision.finish_backward();
  return reduce_and_step(context_, *optimizer_, lr);
}

void GrpoStage::add_loss(const std::vector<PromptWork*>& micro_batch,
                         const StepDenominators& denominators, MetricSums& sums) {
  const GrpoSection& options = context_.config.grpo;
  std::vector<PackItem> items;
  std::vector<float> advantages, rollout_logprobs;
  std::vector<at::Tensor> reference_logprobs;
  for (const PromptWork* item : micro_batch) {
    items.push_back(item->pack_item(item->vision.for_training()));
    items.back().dropout = item->dropout;
    for (size_t g = 0; g < item->group.completions.size(); ++g) {
      const rollout::Completion& completion = item->group.completions[g];
      advantages.insert(advantages.end(), completion.ids.size(),
                        static_cast<float>(item->advantage.advantages[g]));
      rollout_logprobs.insert(rollout_logprobs.end(), completion.logprobs.begin(),
                              completion.logprobs.end());
    }
    reference_logprobs.insert(reference_logprobs.end(), item->reference_logprobs.begin(),
                              item->reference_logprobs.end());
  }
  const PackedBatch batch = pack(items);
  const kernels::TokenLogprob scored =
      response_logprobs(context_.policy, batch, context_.config.rollout.sampling.temperature);
  const at::Tensor rollout_R = at::tensor(rollout_logprobs, at::kFloat);
  const PolicyLoss result =
      policy_loss(scored.logprob_T, options.updates_per_rollout > 1 ? rollout_R : at::Tensor(),
                  reference_logprobs.empty() ? at::Tensor() : at::cat(reference_logprobs),
                  at::tensor(advantages, at::kFloat),
                  token_weights(batch.completion_lengths, denominators, options.loss.aggregation),
                  options.loss);
  add_gradients(result.loss);

  const at::Tensor gap = (scored.logprob_T.detach() - rollout_R).abs();
  sums.add("loss", result.loss.item<double>());
  sums.add("kl", result.kl_sum);
  sums.add("clipped", result.clipped_sum);
  sums.add("entropy", scored.entropy_T.sum().item<double>());
  sums.add("gap", gap.sum().item<double>());
  sums.raise("gap", gap.max().item<double>());
  sums.add("rows", static_cast<double>(batch.ids_T.size(0)));
}

void GrpoStage::write_rollouts(const std::vector<PromptWork>& work, int64_t step) const {
  const std::vector<std::string> by_rank =
      context_.communicator.all_gather(rollout_lines(work, step + 1), "rollouts");
  if (context_.communicator.rank() != 0) return;
  std::string lines;
  for (const std::string& part : by_rank) lines += part;
  core::write_file_atomically(rollout_folder_ / fmt::format("step-{:06d}.jsonl", step + 1), lines);
}

std::vector<core::Metric> GrpoStage::metrics(const MetricSums& sums) const {
  const double mean = sums.ratio("reward", "scored");
  const double variance = sums.ratio("reward_squared", "scored") - mean * mean;
  std::vector<core::Metric> list = {{"reward/mean", mean},
                                    {"reward/std", std::sqrt(std::max(variance, 0.0))},
                                    {"reward/group_std", sums.ratio("group_std", "groups")}};
  for (const std::string& name : rubric_.names()) {
    list.push_back({"reward/" + name + "/mean", sums.ratio("reward." + name, "judged." + name)});
  }
  const std::vector<core::Metric> rest = {
      {"groups/dead_fraction", sums.ratio("dead", "groups")},
      {"completion/length_mean", sums.ratio("tokens", "completions")},
      {"completion/truncated_fraction", sums.ratio("truncated", "completions")},
      {"kl/mean", sums.ratio("kl", "tokens")},
      {"policy/loss", sums.sum("loss")},
      {"policy/clip_fraction", sums.ratio("clipped", "tokens")},
      {"policy/entropy", sums.ratio("entropy", "tokens")},
      {"rollout/logprob_gap_mean", sums.ratio("gap", "tokens")},
      {"rollout/logprob_gap_max", sums.largest("gap")},
      {"vision/passes", sums.sum("vision_passes")},
      {"video/partly_read", sums.sum("partly_read_videos")},
      {"video/missing_frames", sums.sum("missing_frames")}};
  list.insert(list.end(), rest.begin(), rest.end());
  return list;
}

}  // namespace retrace::rl
