// One GRPO stage on a tiny model: what moves the weights, and what shuffled clips change.
#include "rl/grpo_stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "rl/agreement.h"
#include "tests/rl/error_text.h"
#include "tests/rl/grpo_stage_fixture.h"

namespace retrace::rl {
namespace {

using testing::HasSubstr;

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
// Shuffled clips
// ------------------------------------------------------------------------------------------------

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

TEST_F(GrpoStageTest, RefusesCompletionsLongerThanTheModelHasPositions) {
  max_positions_ = 1000;
  EXPECT_NO_THROW(run(folder_ / "short"));
  config_.rollout.max_new_tokens = 1000;
  EXPECT_THAT(test::error_text<AgreedError>([&] { run(folder_ / "long"); }),
              HasSubstr("expected at most 1000 positions (max_position_embeddings"));
}

TEST_F(GrpoStageTest, CountsClipsReadFromDiskByStep) {
  give_videos();
  data::DiskCacheOptions options;
  options.folder = folder_ / "frames";
  disk_ = std::make_shared<data::DiskFrameCache>(options);
  const auto hits = [&](const std::string& rollouts) {
    const Outcome outcome = run(folder_ / rollouts);
    std::vector<double> by_step;
    for (const auto& metrics : outcome.metrics) by_step.push_back(metrics.at("video/disk_hits"));
    return by_step;
  };
  // 3 steps of 2 prompts about 3 clips: the first step sees two, the second the third one.
  EXPECT_EQ(hits("decoding"), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(hits("reading"), (std::vector<double>{2, 1, 0}));
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
