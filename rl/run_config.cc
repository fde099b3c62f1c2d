#include "rl/run_config.h"

#include <cmath>

#include "core/error.h"
#include "rl/prompt_template.h"
#include "rl/thought_section.h"
#include "rollout/rollout_options.h"

namespace retrace::rl {
namespace {

constexpr double kJudgingShare = 0.9;  // of what other ranks wait; the rest is for messages

using core::ConfigNode;

// Far above any use, so that products with it stay inside int64.
constexpr int64_t kMaxEpochs = 1000000;
constexpr int64_t kMaxSteps = 1000000000;
constexpr int64_t kMaxPrompts = 65536;  // of a step
constexpr int64_t kMaxGroup = 4096;
constexpr int64_t kMaxRows = int64_t{1} << 40;
constexpr int64_t kMaxThreads = 1024;  // more would exhaust the system before the first step

// YAML can write infinity, which no value below can be.
bool is_positive(double value) {
  return value > 0 && std::isfinite(value);
}
bool is_positive_or_zero(double value) {
  return value >= 0 && std::isfinite(value);
}

void require_range(const ConfigNode& node, std::string_view key, int64_t least, int64_t most,
                   int64_t value, std::string_view why = "") {
  node.require(value >= least && value <= most, key,
               fmt::format("must be in [{}, {}]{}", least, most, why), value);
}

void read_run(ConfigNode root, RunSection& run) {
  ConfigNode node = root.section("run");
  node.read("dir", run.dir);
  node.read("seed", run.seed);
  node.read("threads", run.threads);
  require_range(node, "threads", 1, kMaxThreads, run.threads);
  node.finish();
}

void read_model(ConfigNode root, ModelSection& model) {
  ConfigNode node = root.section("model");
  node.read("path", model.path);
  node.read("random_init", model.random_init);
  node.read("train_vision", model.train_vision);
  read_lora(node, model.lora);
  if (model.path.empty())
    node.fail("path", "must name a model folder in Hugging Face layout, is empty");
  node.finish();
}

void read_prompt(ConfigNode root, PromptOptions& prompt) {
  ConfigNode node = root.section("prompt");
  node.read("system", prompt.system);
  node.read("template", prompt.text_template);
  node.read("max_tokens", prompt.max_tokens);
  node.require(prompt.max_tokens >= 0, "max_tokens", "must be 0 (no limit) or more",
               prompt.max_tokens);
  node.finish();
}

// A template of one stage; empty is that of section prompt.
void read_own_template(ConfigNode& node, std::string& text_template, std::string_view section) {
  node.read("template", text_template);
  if (!text_template.empty()) check_template(text_template, fmt::format("{}.template", section));
}

void read_lr(ConfigNode& parent, LrSchedule& lr) {
  ConfigNode node = parent.section("lr");
  node.read("peak", lr.peak);
  node.read_choice("decay", lr.decay,
                   {{"constant", LrDecay::kConstant},
                    {"linear", LrDecay::kLinear},
                    {"cosine", LrDecay::kCosine}});
  node.read("warmup_steps", lr.warmup_steps);
  node.read("final_fraction", lr.final_fraction);
  node.require(is_positive(lr.peak), "peak", "must be above 0", lr.peak);
  require_range(node, "warmup_steps", 0, kMaxSteps, lr.warmup_steps);
  node.require(lr.final_fraction >= 0 && lr.final_fraction <= 1, "final_fraction",
               "must be in [0, 1]", lr.final_fraction);
  node.finish();
}

void read_adamw(ConfigNode& parent, AdamWOptions& adamw) {
  ConfigNode node = parent.section("adamw");
  node.read("beta1", adamw.beta1);
  node.read("beta2", adamw.beta2);
  node.read("epsilon", adamw.epsilon);
  node.read("weight_decay", adamw.weight_decay);
  node.read("max_grad_norm", adamw.max_grad_norm);
  node.require(adamw.beta1 >= 0 && adamw.beta1 < 1, "beta1", "must be in [0, 1)", adamw.beta1);
  node.require(adamw.beta2 >= 0 && adamw.beta2 < 1, "beta2", "must be in [0, 1)", adamw.beta2);
  node.require(is_positive(adamw.epsilon), "epsilon", "must be above 0", adamw.epsilon);
  node.require(is_positive_or_zero(adamw.weight_decay), "weight_decay", "must be 0 or more",
               adamw.weight_decay);
  node.require(adamw.max_grad_norm >= 0, "max_grad_norm", "must be 0 (no clipping) or more",
               adamw.max_grad_norm);
  node.finish();
}

void read_train(ConfigNode& node, TrainSection& train, std::string_view stage) {
  train.data = read_data_section(node, stage);
  node.read("steps", train.steps);
  node.read("epochs", train.epochs);
  node.read("prompts_per_step", train.prompts_per_step);
  node.read("micro_batch_tokens", train.micro_batch_tokens);
  read_lr(node, train.lr);
  read_adamw(node, train.adamw);
  require_range(node, "steps", 0, kMaxSteps, train.steps);
  node.require(train.epochs >= 0 && train.epochs <= kMaxEpochs, "epochs",
               fmt::format("must be in [0, {}]", kMaxEpochs), train.epochs);
  node.require(train.steps == 0 || train.epochs == 0, "steps", "must be 0 when epochs is given",
               train.steps);
  require_range(node, "prompts_per_step", 1, kMaxPrompts, train.prompts_per_step);
  require_range(node, "micro_batch_tokens", 1, kMaxRows, train.micro_batch_tokens);
  if (train.enabled() && train.data.files.empty())
    node.fail("data.files", "must name at least one jsonl file, is empty");
}

void read_rollout(ConfigNode root, RolloutSection& rollout) {
  ConfigNode node = root.section("rollout");
  node.read("max_new_tokens", rollout.max_new_tokens);
  node.read("temperature", rollout.sampling.temperature);
  node.read("top_k", rollout.sampling.top_k);
  node.read("top_p", rollout.sampling.top_p);
  node.read("tile_rows", rollout.tile_rows);
  require_range(node, "max_new_tokens", 1, rollout::kMostNewTokens, rollout.max_new_tokens);
  node.require(is_positive(rollout.sampling.temperature), "temperature",
               "must be above 0 (evaluation has its own)", rollout.sampling.temperature);
  node.require(rollout.sampling.top_k >= 0, "top_k", "must be 0 (off) or more",
               rollout.sampling.top_k);
  node.require(rollout.sampling.top_p > 0 && rollout.sampling.top_p <= 1, "top_p",
               "must be in (0, 1]", rollout.sampling.top_p);
  require_range(node, "tile_rows", 1, rollout::kMostTileRows, rollout.tile_rows);
  node.finish();
}

void read_loss(ConfigNode& node, GrpoSection& grpo) {
  PolicyLossOptions& loss = grpo.loss;
  node.read("clip_low", loss.clip_low);
  node.read("clip_high", loss.clip_high);
  node.read("kl_coefficient", loss.kl_coefficient);
  node.read_choice("kl_estimator", loss.kl_estimator,
                   {{"k1", KlEstimator::kK1}, {"k2", KlEstimator::kK2}, {"k3", KlEstimator::kK3}});
  node.read("kl_clamp", loss.kl_clamp);
  node.read_choice("aggregation", loss.aggregation,
                   {{"sequence_mean", LossAggregation::kSequenceMean},
                    {"token_mean", LossAggregation::kTokenMean},
                    {"token_sum_norm", LossAggregation::kTokenSumNorm}});
  node.read_choice("advantage_scale", grpo.advantage.scale,
                   {{"group_std", AdvantageScale::kGroupStd}, {"none", AdvantageScale::kNone}});
  node.read("advantage_epsilon", grpo.advantage.std_epsilon);
  node.require(loss.clip_low > 0 && loss.clip_low <= 1, "clip_low", "must be in (0, 1]",
               loss.clip_low);
  node.require(loss.clip_high > 0, "clip_high", "must be above 0", loss.clip_high);
  node.require(is_positive_or_zero(loss.kl_coefficient), "kl_coefficient",
               "must be 0 (no reference) or more", loss.kl_coefficient);
  node.require(loss.kl_clamp >= 0, "kl_clamp", "must be 0 (off) or more", loss.kl_clamp);
  node.require(is_positive(grpo.advantage.std_epsilon), "advantage_epsilon", "must be above 0",
               grpo.advantage.std_epsilon);
}

void read_grpo(ConfigNode root, GrpoSection& grpo) {
  ConfigNode node = root.section("grpo");
  read_train(node, grpo, "grpo");
  read_own_template(node, grpo.text_template, "grpo");
  node.read("group_size", grpo.group_size);
  node.read("updates_per_rollout", grpo.updates_per_rollout);
  read_loss(node, grpo);
  require_range(node, "group_size", 2, kMaxGroup, grpo.group_size,
                ": an advantage needs a group of at least 2");
  node.require(grpo.updates_per_rollout >= 1, "updates_per_rollout", "must be at least 1",
               grpo.updates_per_rollout);
  node.require(grpo.prompts_per_step % grpo.updates_per_rollout == 0, "updates_per_rollout",
               fmt::format("must divide grpo.prompts_per_step = {}", grpo.prompts_per_step),
               grpo.updates_per_rollout);
  node.finish();
}

void read_eval(ConfigNode root, EvalSection& eval) {
  ConfigNode node = root.section("eval");
  eval.data = read_data_section(node, "eval");
  read_own_template(node, eval.text_template, "eval");
  node.read("every_steps", eval.every_steps);
  node.read("blind", eval.blind);
  node.read("temperature", eval.temperature);
  node.require(eval.every_steps >= 0, "every_steps", "must be 0 (only at stage ends) or more",
               eval.every_steps);
  node.require(is_positive_or_zero(eval.temperature), "temperature", "must be 0 (greedy) or more",
               eval.temperature);
  node.finish();
}

void read_checkpoint(ConfigNode root, CheckpointSection& checkpoint) {
  ConfigNode node = root.section("checkpoint");
  node.read("every_steps", checkpoint.every_steps);
  node.read("keep_last", checkpoint.keep_last);
  node.read("dtype", checkpoint.dtype);
  node.read("max_shard_gb", checkpoint.max_shard_gb);
  node.read("merge_adapters", checkpoint.merge_adapters);
  node.require(checkpoint.every_steps >= 0, "every_steps", "must be 0 (only at stage ends) or more",
               checkpoint.every_steps);
  node.require(checkpoint.keep_last >= 0, "keep_last", "must be 0 (all) or more",
               checkpoint.keep_last);
  node.require(checkpoint.dtype == "float32" || checkpoint.dtype == "bfloat16", "dtype",
               "must be float32 or bfloat16", checkpoint.dtype);
  node.require(is_positive(checkpoint.max_shard_gb), "max_shard_gb", "must be above 0",
               checkpoint.max_shard_gb);
  node.finish();
}

void check_multiple(const TrainSection& train, std::string_view stage, int64_t divisor,
                    const std::string& reason) {
  if (!train.enabled() || train.prompts_per_step % divisor == 0) return;
  const int64_t below = train.prompts_per_step / divisor * divisor;
  core::throw_<core::ConfigError>(
      "{}.prompts_per_step: must be a multiple of {} ({}), is {}; use {}{}, or another number of "
      "ranks",
      stage, divisor, reason, train.prompts_per_step, below > 0 ? fmt::format("{} or ", below) : "",
      below + divisor);
}

}  // namespace

RunConfig read_run_config(const std::filesystem::path& recipe,
                          std::span<const std::string> overrides) {
  ConfigNode root = ConfigNode::from_file(recipe, overrides);
  RunConfig config;
  read_run(root, config.run);
  read_model(root, config.model);
  read_video(root, config.video);
  read_image(root, config.image);
  read_prompt(root, config.prompt);
  {
    ConfigNode node = root.section("sft");
    read_train(node, config.sft, "sft");
    read_own_template(node, config.sft.text_template, "sft");
    read_thought(node, config.sft);
    node.finish();
  }
  read_rollout(root, config.rollout);
  read_reward(root, config.reward);
  read_judge(root, config.judge);
  read_grpo(root, config.grpo);
  {
    ConfigNode node = root.section("distributed");
    node.read("deadline_seconds", config.deadline_seconds);
    node.require(is_positive(config.deadline_seconds), "deadline_seconds", "must be above 0",
                 config.deadline_seconds);
    node.finish();
  }
  read_checkpoint(root, config.checkpoint);
  read_eval(root, config.eval);
  root.finish();
  if (!config.sft.enabled() && !config.grpo.enabled() && config.eval.data.files.empty()) {
    core::throw_<core::ConfigError>(
        "{}: nothing to do: give sft.steps, grpo.steps (or epochs), or eval.data.files",
        recipe.string());
  }
  if (config.grpo.enabled() && config.reward.rewards.empty()) {
    core::throw_<core::ConfigError>(
        "{}: reward.rewards: must list at least one reward when grpo is on, is empty",
        recipe.string());
  }
  if (judging_limit_s(config) <= 0) {
    core::throw_<core::ConfigError>(
        "{}: judge.total_deadline_seconds: must be below {:g} ({} of distributed.deadline_seconds)",
        recipe.string(), kJudgingShare * config.deadline_seconds, kJudgingShare);
  }
  config.resolved_yaml = root.resolved_yaml();
  return config;
}

PromptOptions prompt_options(const RunConfig& config, const std::string& text_template) {
  PromptOptions options = config.prompt;
  if (!text_template.empty()) options.text_template = text_template;
  return options;
}

double judging_limit_s(const RunConfig& config) {
  const bool is_http = config.judge.backend == JudgeBackend::kHttp && needs_judge(config.reward);
  return kJudgingShare * config.deadline_seconds -
         (is_http ? config.judge.http.total_deadline_s : 0);
}

void validate_for_ranks(const RunConfig& config, int world_size) {
  check_multiple(config.sft, "sft", world_size, fmt::format("{} ranks", world_size));
  check_multiple(config.grpo, "grpo", world_size * config.grpo.updates_per_rollout,
                 fmt::format("{} ranks x {} updates_per_rollout", world_size,
                             config.grpo.updates_per_rollout));
}

}  // namespace retrace::rl
