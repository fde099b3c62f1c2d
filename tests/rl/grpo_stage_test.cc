// One GRPO stage on a tiny model: what moves the weights, what is missing, what threads change.
#include "rl/grpo_stage.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "data/video_writer.h"
#include "distributed/fake_communicator.h"
#include "rl/agreement.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {
namespace {

using testing::HasSubstr;
using Scorer = std::function<std::optional<double>(const reward::RewardInput&)>;

class ScriptedReward : public reward::RewardFn {
 public:
  explicit ScriptedReward(Scorer scorer) : scorer_(std::move(scorer)) {}
  std::string_view name() const override { return "scripted"; }
  std::optional<double> score(const reward::RewardInput& input) const override {
    return scorer_(input);
  }

 private:
  Scorer scorer_;
};

reward::RewardSpec scripted(Scorer scorer) {
  reward::RewardSpec spec{"scripted"};
  spec.make = [scorer](const reward::RewardResources&) {
    return std::unique_ptr<reward::RewardFn>(new ScriptedReward(scorer));
  };
  return spec;
}

// A reward that differs between completions.
double share_of_vowels(const reward::RewardInput& input) {
  const std::string_view text = input.completion;
  const auto vowels = std::count_if(text.begin(), text.end(), [](char c) {
    return std::string_view("aeiou").find(c) != std::string_view::npos;
  });
  return static_cast<double>(vowels) / static_cast<double>(text.size() + 1);
}

class GrpoStageTest : public ::testing::Test {
 protected:
  GrpoStageTest() {
    config_.run.seed = 3;
    config_.rollout.max_new_tokens = 6;
    config_.rollout.tile_rows = 8;
    config_.grpo.steps = 3;
    config_.grpo.group_size = 4;
    config_.grpo.prompts_per_step = 2;
    config_.grpo.lr.peak = 2e-4;
    config_.reward.rewards = {scripted(share_of_vowels)};
    for (int64_t i = 0; i < 3; ++i) {
      data::Sample& sample = samples_.emplace_back();
      sample.index = i;
      sample.problem = "Question " + std::to_string(i);
      sample.answer = 'A';
    }
  }

  void give_videos() {
    for (data::Sample& sample : samples_) {
      sample.videos = {folder_ / ("clip-" + std::to_string(sample.index) + ".mp4")};
      const auto seed = static_cast<uint64_t>(sample.index);
      const at::Tensor noise = test::random_normal({8, 3, 56, 56}, seed);
      data::write_video(sample.videos[0], (noise * 60 + 128).clamp(0, 255).to(at::kByte), {});
    }
  }

  struct Outcome {
    at::Tensor weights;  // flat, after the last step
    std::vector<std::map<std::string, double>> metrics;
    std::string headline;
  };

  // `before_step` may change what scripted rewards look at.
  Outcome run(const std::filesystem::path& rollouts, double policy_noise = 0,
              const std::function<void(int64_t)>& before_step = {}) {
    model::QwenVl policy = test::tiny_model();
    auto reference =
        std::make_unique<model::QwenVl>(policy.config(), policy.weights().frozen_copy());
    at::Tensor flat = policy.weights().trainable().flat();
    if (policy_noise > 0) {
      const at::NoGradGuard no_grad;
      flat.add_(test::random_normal({flat.size(0)}, 9), policy_noise);
    }
    if (config_.grpo.loss.kl_coefficient == 0) reference = nullptr;
    data::FrameOptions frame_options;
    frame_options.sampler = {.rule = data::SamplingRule::kLinspaceFloor, .num_frames = 8};
    frame_options.min_pixels = frame_options.max_pixels = 56 * 56;
    data::FrameCache frames(frame_options, 1 << 24);
    const model::Processor processor = model::family_processor(policy.config().family);
    const PromptBuilder prompts({test::tiny_tokenizer(), policy.config(), processor, frames}, {});
    const RunContext context{config_, communicator_, policy, test::tiny_tokenizer(), prompts};
    std::filesystem::create_directories(rollouts);
    GrpoStage stage(context, samples_, std::move(reference), rollouts);
    Outcome outcome;
    for (int64_t step = 0; step < config_.grpo.steps; ++step) {
      if (before_step) before_step(step);
      const StepReport report = stage.run_step(step);
      std::map<std::string, double>& metrics = outcome.metrics.emplace_back();
      for (const core::Metric& metric : report.metrics) metrics[metric.name] = metric.value;
      outcome.headline = report.headline;
    }
    outcome.weights = flat.detach().clone();
    return outcome;
  }
  static at::Tensor start_weights() {
    return test::tiny_model().weights().trainable().flat().detach().clone();
  }
  static std::string all_lines(const std::filesystem::path& rollouts, std::string_view prefix) {
    std::string text;
    for (int64_t step = 1; step <= 3; ++step) {
      const std::string name = fmt::format("{}-{:06d}.jsonl", prefix, step);
      if (std::filesystem::exists(rollouts / name)) text += core::read_text_file(rollouts / name);
    }
    return text;
  }

  test::TemporaryFolder folder_;
  distributed::FakeCommunicator communicator_;
  RunConfig config_;
  std::vector<data::Sample> samples_;
};

// ------------------------------------------------------------------------------------------------
// Steps without a signal
// ------------------------------------------------------------------------------------------------

TEST_F(GrpoStageTest, MovesWeightsWhereRewardsDiffer) {
  const Outcome outcome = run(folder_ / "a");
  EXPECT_FALSE(outcome.weights.equal(start_weights()));
  EXPECT_EQ(outcome.metrics[0].at("policy/idle_fraction"), 0);
}

TEST_F(GrpoStageTest, MovesNothingWhereAllGroupsAreDead) {
  config_.reward.rewards = {scripted([](const auto&) { return 1.0; })};
  const Outcome outcome = run(folder_ / "a");
  EXPECT_TRUE(outcome.weights.equal(start_weights()));
  for (const auto& metrics : outcome.metrics) {
    EXPECT_EQ(metrics.at("policy/idle_fraction"), 1);
    EXPECT_EQ(metrics.at("groups/dead_fraction"), 1);
    EXPECT_LT(metrics.at("kl/mean"), 1e-6);
    EXPECT_EQ(metrics.at("reward/mean"), 1);
  }
}

// AdamW would make steps of the full learning rate of it.
TEST_F(GrpoStageTest, DoesNotFollowRoundingBetweenPolicyAndReference) {
  config_.reward.rewards = {scripted([](const auto&) { return 1.0; })};
  config_.grpo.steps = 0;
  const at::Tensor start = run(folder_ / "a", /*policy_noise=*/1e-7).weights;
  config_.grpo.steps = 3;
  const Outcome outcome = run(folder_ / "b", /*policy_noise=*/1e-7);
  EXPECT_FALSE(start.equal(start_weights()));
  EXPECT_TRUE(outcome.weights.equal(start));
}

TEST_F(GrpoStageTest, KeepsTheKlTermOncePolicyAndReferenceDiffer) {
  config_.reward.rewards = {scripted([](const auto&) { return 1.0; })};
  const Outcome outcome = run(folder_ / "a", /*policy_noise=*/0.01);
  for (const auto& metrics : outcome.metrics) {
    EXPECT_EQ(metrics.at("groups/dead_fraction"), 1);
    EXPECT_EQ(metrics.at("policy/idle_fraction"), 0);
    EXPECT_GT(metrics.at("policy/grad_norm"), 0);
  }
}

TEST_F(GrpoStageTest, LeavesMomentumAloneInADeadStep) {
  config_.grpo.loss.kl_coefficient = 0;
  bool is_live = true;
  config_.reward.rewards = {
      scripted([&](const auto& input) { return is_live ? share_of_vowels(input) : 0.0; })};
  config_.grpo.steps = 1;
  const Outcome live = run(folder_ / "a");
  config_.grpo.steps = 3;
  const Outcome then_dead = run(folder_ / "b", 0, [&](int64_t step) { is_live = step == 0; });
  EXPECT_FALSE(live.weights.equal(start_weights()));
  EXPECT_TRUE(then_dead.weights.equal(live.weights));
}

TEST(HasSignal, ComparesTheReferenceGapWithRounding) {
  EXPECT_TRUE(has_signal({.num_live = 1, .num_tokens = 10}));
  EXPECT_FALSE(has_signal({.num_live = 0, .num_tokens = 10}));
  EXPECT_FALSE(has_signal({.num_tokens = 10, .reference_gap = 1e-5, .rollout_gap = 0}));
  EXPECT_FALSE(has_signal({.num_tokens = 10, .reference_gap = 0.1, .rollout_gap = 0.06}));
  EXPECT_TRUE(has_signal({.num_tokens = 10, .reference_gap = 0.1, .rollout_gap = 1e-5}));
}

// ------------------------------------------------------------------------------------------------
// Missing values
// ------------------------------------------------------------------------------------------------

TEST_F(GrpoStageTest, HasNoMeanOfUnknownRewards) {
  config_.reward.rewards = {scripted([](const auto&) { return std::nullopt; })};
  const Outcome outcome = run(folder_ / "a");
  EXPECT_TRUE(std::isnan(outcome.metrics[0].at("reward/mean")));
  EXPECT_TRUE(std::isnan(outcome.metrics[0].at("reward/std")));
  EXPECT_TRUE(std::isnan(outcome.metrics[0].at("reward/scripted/mean")));
  EXPECT_EQ(outcome.metrics[0].at("reward/missing_fraction"), 1);
  EXPECT_THAT(outcome.headline, HasSubstr("reward unknown"));
  EXPECT_TRUE(outcome.weights.equal(start_weights()));
}

TEST_F(GrpoStageTest, StopsAtAMissingTotalWhereTheRecipeSaysSo) {
  config_.reward.on_missing = MissingPolicy::kStop;
  config_.reward.rewards = {scripted([](const auto& input) {
    return input.sample.index == 1 ? std::nullopt : std::optional(share_of_vowels(input));
  })};
  try {
    run(folder_ / "a");
    FAIL() << "no error";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::kData);
    EXPECT_THAT(error.what(), HasSubstr("sample 1: completion 0"));
    EXPECT_THAT(error.what(), HasSubstr("could not be judged by: scripted"));
  }
}

TEST_F(GrpoStageTest, ThrowsWhatARewardThrows) {
  config_.reward.rewards = {scripted([](const auto& input) -> std::optional<double> {
    if (input.sample.index == 1) core::throw_<core::ConfigError>("judge.endpoint: no such host");
    return 0.0;
  })};
  try {
    run(folder_ / "a");
    FAIL() << "no error";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("judge.endpoint: no such host"));
  }
}

// ------------------------------------------------------------------------------------------------
// Threads and shuffled clips
// ------------------------------------------------------------------------------------------------

TEST_F(GrpoStageTest, DoesNotDependOnWhenThreadsAreDone) {
  // The slower, the earlier in the alphabet the text begins.
  const Scorer slow = [](const reward::RewardInput& input) {
    const int delay_ms = input.completion.empty() ? 0 : input.completion[0] % 7;
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms));
    return share_of_vowels(input);
  };
  config_.reward.rewards = {scripted(slow)};
  config_.reward.threads = 1;
  const Outcome one = run(folder_ / "one");
  config_.reward.threads = 7;
  const Outcome seven = run(folder_ / "seven");
  EXPECT_TRUE(one.weights.equal(seven.weights));
  EXPECT_EQ(all_lines(folder_ / "one", "step"), all_lines(folder_ / "seven", "step"));
}

reward::RewardSpec temporal_contrast(double weight) {
  core::ConfigNode node = core::ConfigNode::from_string(
      "rewards: [{name: format}, {name: temporal_contrast, accuracy: scripted}]", "test");
  reward::RewardSpec spec = reward::read_reward_specs(node, "rewards")[1];
  spec.weight = weight;
  return spec;
}

TEST_F(GrpoStageTest, JudgesCompletionsAboutShuffledFramesAndDoesNotLearnFromThem) {
  give_videos();
  const Outcome plain = run(folder_ / "plain");
  EXPECT_EQ(all_lines(folder_ / "plain", "shuffled"), "");
  config_.reward.rewards.push_back(temporal_contrast(0));
  const Outcome contrast = run(folder_ / "contrast");
  const std::string shuffled = all_lines(folder_ / "contrast", "shuffled");
  // Three steps of two prompts, half a group of four each.
  EXPECT_EQ(std::count(shuffled.begin(), shuffled.end(), '\n'), 3 * 2 * 2);
  EXPECT_TRUE(contrast.weights.equal(plain.weights));
  EXPECT_EQ(contrast.metrics[0].at("completion/length_mean"),
            plain.metrics[0].at("completion/length_mean"));
  EXPECT_GT(contrast.metrics[0].at("vision/passes"), plain.metrics[0].at("vision/passes"));
  run(folder_ / "again");
  EXPECT_EQ(all_lines(folder_ / "again", "shuffled"), shuffled);
}

TEST_F(GrpoStageTest, PaysTemporalContrastByTheShuffledCompletions) {
  give_videos();
  config_.grpo.steps = 1;
  config_.reward.rewards = {
      scripted([](const auto&) { return 1.0; }), {"format", 0.0}, temporal_contrast(0.3)};
  const Outcome equal = run(folder_ / "equal");
  EXPECT_EQ(equal.metrics[0].at("reward/temporal_contrast/mean"), 0);  // no better than shuffled
  EXPECT_EQ(equal.metrics[0].at("reward/mean"), 1);
  EXPECT_THAT(
      all_lines(folder_ / "equal", "shuffled"),
      HasSubstr(R"({"scripted":1.0,"format":null,"temporal_contrast":null},"reward":null)"));
}

TEST_F(GrpoStageTest, HasNothingToShuffleWithoutVideo) {
  config_.reward.rewards.push_back(temporal_contrast(0.3));
  const Outcome outcome = run(folder_ / "a");
  EXPECT_EQ(all_lines(folder_ / "a", "shuffled"), "");
  EXPECT_EQ(outcome.metrics[0].at("reward/temporal_contrast/mean"), 0);
  EXPECT_EQ(outcome.metrics[0].at("reward/missing_fraction"), 0);
}

TEST(ShuffledFrames, ArePermutationsOtherThanTheOrderOfTime) {
  for (int64_t num_frames : {2, 3, 8, 16}) {
    std::vector<int64_t> in_order(static_cast<size_t>(num_frames));
    std::iota(in_order.begin(), in_order.end(), 0);
    for (uint64_t seed = 0; seed < 200; ++seed) {
      const core::RandomStream stream(seed, "frames");
      std::vector<int64_t> order = shuffled_frames(num_frames, stream);
      EXPECT_EQ(order, shuffled_frames(num_frames, stream));
      EXPECT_NE(order, in_order);
      EXPECT_TRUE(std::is_permutation(order.begin(), order.end(), in_order.begin()));
    }
  }
  EXPECT_EQ(shuffled_frames(1, core::RandomStream(1, "frames")), std::vector<int64_t>{0});
}

}  // namespace
}  // namespace retrace::rl
