// Recipes: defaults, the resolved copy, and an error for everything that a recipe can get wrong.
#include "rl/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::rl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Overrides = std::vector<std::string>;

constexpr const char* kRecipe = R"(
model: {path: some/model}
sft: {data: {files: [a.jsonl]}, steps: 10}
reward: {rewards: [{name: letter}, {name: format, weight: 0.2}]}
grpo: {data: {files: [a.jsonl, b.jsonl]}, epochs: 2}
)";

class Recipe : public ::testing::Test {
 protected:
  RunConfig read(const Overrides& overrides = {}, const std::string& text = kRecipe) const {
    return read_run_config(folder_.write("recipe.yaml", text), overrides);
  }
  std::string refusal(const Overrides& overrides, const std::string& text = kRecipe) const {
    return test::error_text<core::ConfigError>([&] { read(overrides, text); });
  }

  test::TemporaryFolder folder_;
};

// ------------------------------------------------------------------------------------------------
// What is read
// ------------------------------------------------------------------------------------------------

TEST_F(Recipe, FillsInDefaults) {
  const RunConfig config = read();
  EXPECT_EQ(config.run.seed, 1u);
  EXPECT_EQ(config.run.threads, 1);
  EXPECT_TRUE(config.model.train_vision);
  EXPECT_FALSE(config.model.random_init);
  EXPECT_EQ(config.prompt.text_template, "{problem}");
  EXPECT_EQ(config.rollout.max_new_tokens, 256);
  EXPECT_EQ(config.rollout.sampling.temperature, 1.0);
  EXPECT_EQ(config.rollout.sampling.top_k, 0);
  EXPECT_EQ(config.rollout.sampling.top_p, 1.0);
  EXPECT_EQ(config.grpo.group_size, 8);
  EXPECT_EQ(config.grpo.updates_per_rollout, 1);
  EXPECT_EQ(config.grpo.loss.kl_coefficient, 0.04);
  EXPECT_EQ(config.grpo.advantage.std_epsilon, 1e-4);
  EXPECT_EQ(config.grpo.adamw.max_grad_norm, 1.0);
  EXPECT_EQ(config.eval.temperature, 0.0);
  EXPECT_EQ(config.checkpoint.dtype, "float32");
  EXPECT_EQ(config.deadline_seconds, 600);
  EXPECT_EQ(config.reward.rewards[0].weight, 1.0);
}

TEST_F(Recipe, IsRead) {
  const RunConfig config = read();
  EXPECT_EQ(config.model.path, "some/model");
  EXPECT_EQ(config.sft.steps, 10);
  EXPECT_TRUE(config.sft.enabled());
  EXPECT_EQ(config.grpo.epochs, 2);
  EXPECT_TRUE(config.grpo.enabled());
  EXPECT_THAT(config.grpo.data.files, ElementsAre("a.jsonl", "b.jsonl"));
  ASSERT_EQ(config.reward.rewards.size(), 2u);
  EXPECT_EQ(config.reward.rewards[1].name, "format");
  EXPECT_EQ(config.reward.rewards[1].weight, 0.2);
}

TEST_F(Recipe, TakesEveryChoiceByName) {
  const RunConfig config =
      read({"grpo.kl_estimator=k2", "grpo.aggregation=token_sum_norm", "grpo.advantage_scale=none",
            "grpo.lr.decay=cosine", "video.sampling=linspace_floor"});
  EXPECT_EQ(config.grpo.loss.kl_estimator, KlEstimator::kK2);
  EXPECT_EQ(config.grpo.loss.aggregation, LossAggregation::kTokenSumNorm);
  EXPECT_EQ(config.grpo.advantage.scale, AdvantageScale::kNone);
  EXPECT_EQ(config.grpo.lr.decay, LrDecay::kCosine);
  EXPECT_EQ(config.video.frames.sampler.rule, data::SamplingRule::kLinspaceFloor);
}

TEST_F(Recipe, KeepsTheStagesApart) {
  const RunConfig config = read({"sft.lr.peak=0.5", "grpo.prompts_per_step=24"});
  EXPECT_EQ(config.sft.lr.peak, 0.5);
  EXPECT_EQ(config.grpo.lr.peak, 1e-5);
  EXPECT_EQ(config.sft.prompts_per_step, 8);
  EXPECT_EQ(config.grpo.prompts_per_step, 24);
}

TEST_F(Recipe, ResolvesToARecipeThatMeansTheSame) {
  const RunConfig config = read({"grpo.kl_clamp=11", "run.seed=18446744073709551615",
                                 "prompt.template=\"Watch: {problem}\\nThen answer #1.\"",
                                 "grpo.lr.peak=1.2345678901234567e-5"});
  const RunConfig again = read({}, config.resolved_yaml);
  EXPECT_EQ(again.resolved_yaml, config.resolved_yaml);
  EXPECT_EQ(again.run.seed, 18446744073709551615u);
  EXPECT_EQ(again.prompt.text_template, "Watch: {problem}\nThen answer #1.");
  EXPECT_EQ(again.grpo.lr.peak, 1.2345678901234567e-5);
  EXPECT_EQ(again.grpo.loss.kl_clamp, 11);
  EXPECT_THAT(again.resolved_yaml, HasSubstr("deadline_seconds"));
}

TEST_F(Recipe, NeedsNoRewardsWithoutGrpo) {
  EXPECT_NO_THROW(read({}, "model: {path: m}\nsft: {data: {files: [a.jsonl]}, steps: 1}\n"));
  EXPECT_NO_THROW(read({}, "model: {path: m}\neval: {data: {files: [a.jsonl]}}\n"));
}

TEST_F(Recipe, OfTheProductItselfAreValid) {
  for (const char* name : {"quickstart", "tiny_base"}) {
    EXPECT_NO_THROW(read_run_config(
        std::filesystem::path(RETRACE_SOURCE_DIR) / "recipes" / (std::string(name) + ".yaml"), {}))
        << name;
  }
}

// ------------------------------------------------------------------------------------------------
// What is refused
// ------------------------------------------------------------------------------------------------

TEST_F(Recipe, ThatDoesNotExistIsNamed) {
  const std::string text =
      test::error_text<core::ConfigError>([&] { read_run_config(folder_ / "none.yaml", {}); });
  EXPECT_THAT(text, HasSubstr("none.yaml: cannot be read"));
}

TEST_F(Recipe, WithAnUnknownKeyGivesTheNearestOne) {
  EXPECT_THAT(refusal({"grpo.group_sise=4"}),
              HasSubstr("recipe.yaml: grpo.group_sise: unknown key; did you mean 'group_size'?"));
  EXPECT_THAT(refusal({"rolout.top_k=4"}), HasSubstr("did you mean 'rollout'?"));
  for (const char* section : {"run", "model", "video", "prompt", "sft", "sft.data", "sft.lr",
                              "sft.adamw", "rollout", "reward", "grpo", "grpo.data", "grpo.lr",
                              "grpo.adamw", "eval", "eval.data", "checkpoint", "distributed"}) {
    const std::string key = std::string(section) + ".zzz";
    EXPECT_THAT(refusal({key + "=1"}), HasSubstr(key + ": unknown key"));
  }
}

TEST_F(Recipe, WithAValueOfAnotherTypeSaysWhatIsExpected) {
  EXPECT_THAT(refusal({"grpo.steps=many"}), HasSubstr("grpo.steps: expected an integer, found"));
  EXPECT_THAT(refusal({"grpo.lr.peak=[1]"}), HasSubstr("grpo.lr.peak: expected a number, found"));
  EXPECT_THAT(refusal({"model.random_init=1"}), HasSubstr("expected true or false"));
  EXPECT_THAT(refusal({"sft.data.files=a.jsonl"}), HasSubstr("sft.data.files: expected a list"));
  EXPECT_THAT(refusal({"grpo.kl_estimator=k4"}), HasSubstr("expected one of k1, k2, k3"));
}

struct Refusal {
  const char* override_;
  const char* message;
};

class RecipeValue : public Recipe, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RecipeValue, OutOfItsRangeIsRefused) {
  EXPECT_THAT(refusal({GetParam().override_}), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, RecipeValue,
    ::testing::Values(
        Refusal{"run.threads=0", "run.threads: must be in [1, 1024], is 0"},
        Refusal{"run.threads=1000000", "run.threads: must be in [1, 1024], is 1000000"},
        Refusal{"reward.threads=1000000", "reward.threads: must be in [1, 256], is 1000000"},
        Refusal{"model.path=\"\"", "model.path: must name a model folder"},
        Refusal{"video.fps=0", "video.fps: must be above 0, is 0"},
        Refusal{"video.min_frames=1", "video.min_frames: must be in [2, 1000000], is 1"},
        Refusal{"video.max_frames=3", "video.max_frames: must be at least min_frames, is 3"},
        Refusal{"video.num_frames=1", "video.num_frames: must be in [2, 1000000], is 1"},
        Refusal{"video.num_frames=9000000000000000000", "video.num_frames: must be in [2, 1000"},
        Refusal{"video.max_frames=1000001",
                "video.max_frames: must be in [2, 1000000], is 1000001"},
        Refusal{"video.min_pixels=-1", "video.min_pixels: must be 0 (the model's) or more, is -1"},
        Refusal{"video.max_pixels=-1", "video.max_pixels: must be 0 (the model's) or at least"},
        Refusal{"image.min_pixels=-1", "image.min_pixels: must be 0 (the model's) or more, is -1"},
        Refusal{"image.max_source_pixels=0", "image.max_source_pixels: must be in"},
        Refusal{"image.reading=pil", "expected one of transformers, qwen_vl_utils"},
        Refusal{"prompt.max_tokens=-1", "prompt.max_tokens: must be 0"},
        Refusal{"video.cache_mb=-1", "video.cache_mb: must be"},
        Refusal{"video.cache_mb=9000000000000000000", "video.cache_mb: must be"},
        Refusal{"video.cache_max_gb=0", "video.cache_max_gb: must be above 0"},
        Refusal{"video.cache_max_gb=.inf", "video.cache_max_gb: must be above 0"},
        Refusal{"video.resize=pil", "video.resize"},
        Refusal{"sft.data.max_samples=-1", "sft.data.max_samples: must be 0 (all) or more, is -1"},
        Refusal{"sft.steps=-1", "sft.steps: must be in [0, 1000000000], is -1"},
        Refusal{"sft.steps=9000000000000000000", "sft.steps: must be in [0, 1000000000]"},
        Refusal{"sft.epochs=1", "sft.steps: must be 0 when epochs is given, is 10"},
        Refusal{"grpo.epochs=-1", "grpo.epochs: must be"},
        Refusal{"grpo.epochs=.inf", "grpo.epochs: must be"},
        Refusal{"grpo.prompts_per_step=0", "grpo.prompts_per_step: must be in [1, 65536], is 0"},
        Refusal{"grpo.prompts_per_step=65537", "grpo.prompts_per_step: must be in [1, 65536]"},
        Refusal{"grpo.micro_batch_tokens=0", "grpo.micro_batch_tokens: must be in [1, "},
        Refusal{"grpo.micro_batch_tokens=9000000000000000000", "grpo.micro_batch_tokens: must be"},
        Refusal{"grpo.data.files=[]", "must name at least one jsonl file"},
        Refusal{"grpo.lr.peak=0", "grpo.lr.peak: must be above 0"},
        Refusal{"grpo.lr.peak=.inf", "grpo.lr.peak: must be above 0"},
        Refusal{"grpo.lr.warmup_steps=-1", "grpo.lr.warmup_steps: must be in [0, 1000000000]"},
        Refusal{"grpo.lr.warmup_steps=9223372036854775807", "grpo.lr.warmup_steps: must be in"},
        Refusal{"grpo.lr.final_fraction=1.5", "final_fraction: must be in [0, 1], is 1.5"},
        Refusal{"grpo.adamw.beta1=1", "grpo.adamw.beta1: must be in [0, 1), is 1"},
        Refusal{"grpo.adamw.beta2=-0.1", "grpo.adamw.beta2: must be in [0, 1), is -0.1"},
        Refusal{"grpo.adamw.epsilon=0", "grpo.adamw.epsilon: must be above 0"},
        Refusal{"grpo.adamw.weight_decay=-1", "grpo.adamw.weight_decay: must be 0 or more"},
        Refusal{"grpo.adamw.weight_decay=.inf", "grpo.adamw.weight_decay: must be 0 or more"},
        Refusal{"grpo.adamw.max_grad_norm=-1", "max_grad_norm: must be 0 (no clipping) or more"},
        Refusal{"rollout.max_new_tokens=0", "rollout.max_new_tokens: must be in [1, 131072], is 0"},
        Refusal{"rollout.max_new_tokens=131073", "rollout.max_new_tokens: must be in [1, 131072]"},
        Refusal{"rollout.temperature=0", "temperature: must be above 0 (evaluation has its own)"},
        Refusal{"rollout.temperature=.inf", "rollout.temperature: must be above 0"},
        Refusal{"rollout.top_k=-1", "rollout.top_k: must be 0 (off) or more, is -1"},
        Refusal{"rollout.top_p=0", "rollout.top_p: must be in (0, 1], is 0"},
        Refusal{"rollout.top_p=1.1", "rollout.top_p: must be in (0, 1], is 1.1"},
        Refusal{"rollout.tile_rows=0", "rollout.tile_rows: must be in [1, 4096], is 0"},
        Refusal{"rollout.tile_rows=4097", "rollout.tile_rows: must be in [1, 4096], is 4097"},
        Refusal{"reward.rewards=[]", "reward.rewards: must list at least one reward"},
        Refusal{"reward.rewards=[{name: leter}]", "unknown reward 'leter'; known rewards: letter"},
        Refusal{"grpo.group_size=1",
                "must be in [2, 4096]: an advantage needs a group of at least 2"},
        Refusal{"grpo.group_size=1000000", "grpo.group_size: must be in [2, 4096]"},
        Refusal{"grpo.updates_per_rollout=0", "updates_per_rollout: must be at least 1, is 0"},
        Refusal{"grpo.updates_per_rollout=3", "must divide grpo.prompts_per_step = 8, is 3"},
        Refusal{"grpo.clip_low=0", "grpo.clip_low: must be in (0, 1], is 0"},
        Refusal{"grpo.clip_high=0", "grpo.clip_high: must be above 0, is 0"},
        Refusal{"grpo.kl_coefficient=-1", "kl_coefficient: must be 0 (no reference) or more"},
        Refusal{"grpo.kl_coefficient=.inf", "kl_coefficient: must be 0 (no reference) or more"},
        Refusal{"grpo.kl_clamp=-1", "grpo.kl_clamp: must be 0 (off) or more, is -1"},
        Refusal{"grpo.advantage_epsilon=0", "grpo.advantage_epsilon: must be above 0"},
        Refusal{"eval.every_steps=-1", "eval.every_steps: must be 0 (only at stage ends) or more"},
        Refusal{"eval.temperature=-1", "eval.temperature: must be 0 (greedy) or more"},
        Refusal{"checkpoint.every_steps=-1", "checkpoint.every_steps: must be 0"},
        Refusal{"checkpoint.keep_last=-1", "checkpoint.keep_last: must be 0 (all) or more, is -1"},
        Refusal{"checkpoint.max_shard_gb=0", "checkpoint.max_shard_gb: must be above 0"},
        Refusal{"model.lora.rank=-1", "model.lora.rank: must be 0 (no adapters) or more"},
        Refusal{"model.lora.alpha=0", "model.lora.alpha: must be in (0, 1e9], is 0"},
        Refusal{"model.lora.dropout=1", "model.lora.dropout: must be in [0, 1), is 1"},
        Refusal{"model.lora.target_modules=[]", "target_modules: must name at least one module"},
        Refusal{"model.lora.target_modules=['(q']", "expected a name or a regular expression"},
        Refusal{"model.lora.exclude_modules=['']", "a module pattern is empty"},
        Refusal{"model.lora={path: p, rank: 4}", "rank: must be left out when path is given"},
        Refusal{"model.lora={path: p, alpha: 4}", "alpha: must be left out when path is given"},
        Refusal{"checkpoint.dtype=float16", "checkpoint.dtype: must be float32 or bfloat16"},
        Refusal{"distributed.deadline_seconds=0", "deadline_seconds: must be above 0"}));

TEST_F(Recipe, LeavesTimeForAJudgementBeforeOtherRanksGiveUp) {
  const std::string judge = "judge={backend: http, endpoint: 'http://127.0.0.1:9/v1', model: any}";
  const std::string reward = "reward.rewards=[{name: route}]";
  EXPECT_DOUBLE_EQ(judging_limit_s(read({judge, reward})), 0.9 * 600 - 120);
  EXPECT_DOUBLE_EQ(judging_limit_s(read({judge, "distributed.deadline_seconds=100"})), 90);
  EXPECT_THAT(refusal({judge, reward, "distributed.deadline_seconds=100"}),
              HasSubstr("judge.total_deadline_seconds: must be below 90 (0.9 of distributed."));
}

TEST_F(Recipe, WithNothingToDoIsRefused) {
  EXPECT_THAT(refusal({}, "model: {path: m}\n"), HasSubstr("nothing to do"));
}

TEST_F(Recipe, IsNamedByTheErrorOfAFileThatItNames) {
  const RunConfig config = read({"eval.data.files=[c.jsonl]"});
  const auto refusal_of = [](const DataSection& section) {
    return test::error_text<core::DataError>([&] { load_samples(section); });
  };
  EXPECT_THAT(refusal_of(config.sft.data), StartsWith("sft.data.files: a.jsonl: "));
  EXPECT_THAT(refusal_of(config.grpo.data), StartsWith("grpo.data.files: a.jsonl: "));
  EXPECT_THAT(refusal_of(config.eval.data), StartsWith("eval.data.files: c.jsonl: "));
}

// ------------------------------------------------------------------------------------------------
// Ranks
// ------------------------------------------------------------------------------------------------

std::string refusal_for(const RunConfig& config, int world_size) {
  return test::error_text<core::ConfigError>([&] { validate_for_ranks(config, world_size); });
}

TEST_F(Recipe, SharesPromptsEvenlyOverRanks) {
  const RunConfig config = read({"sft.prompts_per_step=6", "grpo.prompts_per_step=12"});
  for (const int world_size : {1, 2, 3, 6}) EXPECT_NO_THROW(validate_for_ranks(config, world_size));
  const std::string text = refusal_for(config, 4);
  EXPECT_THAT(text, HasSubstr("sft.prompts_per_step: must be a multiple of 4 (4 ranks), is 6"));
  EXPECT_THAT(text, HasSubstr("use 4 or 8"));
  EXPECT_THAT(refusal_for(read({"grpo.prompts_per_step=3"}), 8),
              HasSubstr("is 3; use 8, or another"));
}

TEST_F(Recipe, SharesEveryUpdateEvenlyOverRanks) {
  const RunConfig config = read({"grpo.prompts_per_step=12", "grpo.updates_per_rollout=3"});
  for (const int world_size : {1, 2, 4}) EXPECT_NO_THROW(validate_for_ranks(config, world_size));
  const std::string text = refusal_for(config, 8);
  EXPECT_THAT(text, HasSubstr("grpo.prompts_per_step: must be a multiple of 24 (8 ranks x 3 "
                              "updates_per_rollout), is 12"));
  EXPECT_THAT(text, HasSubstr("use 24, or another"));
}

TEST_F(Recipe, DoesNotCheckAStageThatIsOff) {
  const RunConfig config = read({"sft.steps=0", "sft.prompts_per_step=5"});
  EXPECT_NO_THROW(validate_for_ranks(config, 8));
}

}  // namespace
}  // namespace retrace::rl
