#include "rl/grpo_stage.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/error.h"
#include "core/resources.h"
#include "model/prompt.h"
#include "rl/agreement.h"
#include "rl/grpo_output.h"

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

// Judges write into the step's work: however the step ends, they have ended before the work goes.
class JudgingScope {
 public:
  explicit JudgingScope(GroupScoring& scoring) : scoring_(scoring) {}
  ~JudgingScope() { scoring_.abandon(); }
  JudgingScope(const JudgingScope&) = delete;
  JudgingScope& operator=(const JudgingScope&) = delete;

 private:
  GroupScoring& scoring_;
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
      option_order_(context.config.grpo.data, context.config.run.seed, "grpo"),
      frozen_rows_(context.config.video.cache_mb << 20),
      reference_rows_(context.config.video.cache_mb << 20),
      reference_(std::move(reference)),
      scoring_(context.config, context.reward_resources),
      shuffled_clips_(context, scoring_.rubric()),
      engine_(context.policy, context.tokenizer,
              rollout_options(context, context.config.rollout.sampling.temperature)),
      sampling_stream_(context.config.run.seed, "sampling"),
      dropout_stream_(dropout_stream(context, "grpo")),
      rollout_folder_(std::move(rollout_folder)),
      num_steps_(stage_steps(context.config.grpo, static_cast<int64_t>(samples_.size()))) {
  RETRACE_CHECK(reference_ || context_.config.grpo.loss.kl_coefficient == 0,
                "a KL term without a reference");
  warn_of_unfit_samples(scoring_.rubric(), samples_, context_.communicator.rank());
  const bool train_vision = trains_vision(context_);
  at::Tensor gradients = context_.policy.weights().require_gradients(train_vision);
  optimizer_ = std::make_unique<AdamW>(context_.policy.weights().trainable(), std::move(gradients),
                                       context_.config.grpo.adamw, train_vision);
}

std::optional<StepReport> GrpoStage::run_step(int64_t step) {
  distributed::Communicator& communicator = context_.communicator;
  const int64_t vision_passes_before = context_.policy.num_vision_passes();
  const int64_t disk_hits_before = context_.prompts.num_disk_hits();
  MetricSums sums;
  StepTimes times;
  Stopwatch total, watch;
  std::vector<PromptWork> work;
  const JudgingScope judging(scoring_);
  run_on_all_ranks(communicator, [&] {
    work = prepare(step);
    shuffled_clips_.prepare(work);
  });
  times.video_s = watch.lap();
  run_on_all_ranks(communicator, [&] { roll_out(work, step); });
  times.rollout_s = watch.lap();
  run_on_all_ranks(communicator, [&] { scoring_.wait(); });
  if (is_on_any_rank(communicator, scoring_.was_interrupted(), "interrupt of judging"))
    return std::nullopt;
  run_on_all_ranks(communicator, [&] { scoring_.finish(work, sums); });
  write_rollouts(work, step + 1, scoring_.num_shuffled() > 0, rollout_folder_, communicator);
  times.reward_s = watch.lap();
  score_reference(work);
  const double lr = learning_rate(context_.config.grpo.lr, step, num_steps_);
  const double grad_norm = update_all(work, lr, sums);
  times.update_s = watch.lap();

  sums.add("vision_passes",
           static_cast<double>(context_.policy.num_vision_passes() - vision_passes_before));
  sums.add("disk_hits", static_cast<double>(context_.prompts.num_disk_hits() - disk_hits_before));
  add_partial_reads(context_, sums);
  sums.raise("memory_gb", core::peak_memory_gb());
  sums.reduce(communicator);
  times.total_s = total.lap();
  StepReport report{scoring_.metrics(sums), step_headline(sums)};
  report.metrics.push_back({"policy/grad_norm", grad_norm});
  report.metrics.push_back({"policy/learning_rate", lr});
  const std::vector<core::Metric> of_updates = update_metrics(sums, times);
  report.metrics.insert(report.metrics.end(), of_updates.begin(), of_updates.end());
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
    item.sample = option_order_.draw(samples_[static_cast<size_t>(index)], item.slot);
    item.prompt = context_.prompts.build(*item.sample);
    context_.prompts.require_positions(*item.sample, item.prompt,
                                       context_.config.rollout.max_new_tokens);
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

void GrpoStage::roll_out(std::vector<PromptWork>& work, int64_t step) {
  std::vector<rollout::RolloutRequest> requests;
  for (const PromptWork& item : work) {
    requests.push_back({&item.prompt.tokens, item.vision.detached(),
                        context_.config.grpo.group_size,
                        sampling_stream_.substream(static_cast<uint64_t>(item.slot))});
  }
  std::vector<PromptWork*> shuffled;  // of the requests behind those
  for (PromptWork& item : work) {
    if (!item.shuffled) continue;
    requests.push_back(shuffled_clips_.request(item));
    shuffled.push_back(&item);
  }
  const auto judge = [&](size_t request_idx, const rollout::RolloutGroup& group) {
    if (request_idx < work.size()) {
      work[request_idx].group = group;
      scoring_.judge(work[request_idx]);
    } else {
      PromptWork& item = *shuffled[request_idx - work.size()];
      item.shuffled->group = group;
      scoring_.judge_shuffled(item);
    }
  };
  engine_.generate(requests, step, nullptr, judge);
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

double GrpoStage::update_all(std::vector<PromptWork>& work, double lr, MetricSums& sums) {
  const auto num_updates = static_cast<size_t>(context_.config.grpo.updates_per_rollout);
  const size_t per_update = work.size() / num_updates;
  double grad_norm = 0;
  for (size_t begin = 0; begin < work.size(); begin += per_update)
    grad_norm = update(work, begin, begin + per_update, lr, sums);
  return grad_norm;
}

double GrpoStage::update(std::vector<PromptWork>& work, size_t begin, size_t end, double lr,
                         MetricSums& sums) {
  at::Tensor counts = at::zeros({3}, at::kDouble);  // completions, tokens, live completions
  for (size_t i = begin; i < end; ++i) {
    for (size_t g = 0; g < work[i].group.completions.size(); ++g) {
      counts[0] += 1;
      counts[1] += static_cast<double>(work[i].group.completions[g].ids.size());
      counts[2] += work[i].advantage.advantages[g] != 0 ? 1 : 0;
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
  UpdateEvidence evidence{counts[2].item<double>(), counts[1].item<double>()};
  size_t next = begin;
  for (const auto& items :
       split_by_rows(pack_items(work, begin, end), context_.config.grpo.micro_batch_tokens)) {
    std::vector<PromptWork*> micro_batch;
    for (size_t i = 0; i < items.size(); ++i) micro_batch.push_back(&work[next++]);
    add_loss(micro_batch, denominators, sums, evidence);
  }
  for (size_t i = begin; i < end; ++i) work[i].vision.finish_backward();
  sums.add("updates", 1);
  sums.add("idle_updates", 0);
  if (may_update(evidence)) return reduce_and_step(context_, *optimizer_, lr);
  sums.add("idle_updates", 1);
  optimizer_->zero_gradients();
  return 0;
}

bool GrpoStage::may_update(UpdateEvidence evidence) const {
  if (evidence.num_live > 0) return true;  // on every rank: it is reduced already
  at::Tensor gaps = at::tensor({evidence.reference_gap, evidence.rollout_gap}, at::kDouble);
  context_.communicator.all_reduce_sum(gaps, "gaps of an update without advantages");
  evidence.reference_gap = gaps[0].item<double>();
  evidence.rollout_gap = gaps[1].item<double>();
  return has_signal(evidence);
}

void GrpoStage::add_loss(const std::vector<PromptWork*>& micro_batch,
                         const StepDenominators& denominators, MetricSums& sums,
                         UpdateEvidence& evidence) {
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
  const at::Tensor reference_R =
      reference_logprobs.empty() ? at::Tensor() : at::cat(reference_logprobs);
  const PolicyLoss result =
      policy_loss(scored.logprob_T, options.updates_per_rollout > 1 ? rollout_R : at::Tensor(),
                  reference_R, at::tensor(advantages, at::kFloat),
                  token_weights(batch.completion_lengths, denominators, options.loss.aggregation),
                  options.loss);
  add_gradients(result.loss);

  const at::Tensor gap = (scored.logprob_T.detach() - rollout_R).abs();
  evidence.rollout_gap += gap.sum().item<double>();
  if (reference_R.defined())
    evidence.reference_gap += (scored.logprob_T.detach() - reference_R).abs().sum().item<double>();
  sums.add("loss", result.loss.item<double>());
  sums.add("kl", result.kl_sum);
  sums.add("clipped", result.clipped_sum);
  sums.add("entropy", scored.entropy_T.sum().item<double>());
  sums.add("gap", gap.sum().item<double>());
  sums.raise("gap", gap.max().item<double>());
  sums.add("rows", static_cast<double>(batch.ids_T.size(0)));
}

}  // namespace retrace::rl
