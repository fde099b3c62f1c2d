// Group-relative advantages against published values and by properties.
#include "rl/advantage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "core/random.h"

namespace retrace::rl {
namespace {

using ::testing::Each;
using Rewards = std::vector<std::optional<double>>;

constexpr AdvantageOptions kTrl{AdvantageScale::kGroupStd, 1e-4};
constexpr AdvantageOptions kVerl{AdvantageScale::kGroupStd, 1e-6};
constexpr AdvantageOptions kDrGrpo{AdvantageScale::kNone, 1e-4};

const Rewards kThreeOfEight = {1, 0, 0, 1, 1, 0, 0, 0};

void expect_two_values(const AdvantageOptions& options, double of_one, double of_zero) {
  const GroupAdvantage result = group_advantage(kThreeOfEight, options);
  ASSERT_EQ(result.advantages.size(), kThreeOfEight.size());
  for (size_t i = 0; i < kThreeOfEight.size(); ++i) {
    EXPECT_NEAR(result.advantages[i], *kThreeOfEight[i] == 1 ? of_one : of_zero, 1e-6) << i;
  }
  EXPECT_NEAR(result.mean, 0.375, 1e-12);
  EXPECT_NEAR(result.std, 0.51754917, 1e-8);
  EXPECT_FALSE(result.dead);
}

TEST(GroupAdvantage, WithTheEpsilonOfTrlAndStR1) {
  expect_two_values(kTrl, 1.2073814, -0.7244289);
}

TEST(GroupAdvantage, WithTheEpsilonOfVerl) {
  expect_two_values(kVerl, 1.2076124, -0.7245674);
}

TEST(GroupAdvantage, WithoutStdIsDrGrpo) {
  expect_two_values(kDrGrpo, 0.625, -0.375);
}

TEST(GroupAdvantage, ConstantRewardsGiveZero) {
  // 0.1 is no binary fraction: the mean of its sum differs from it by a rounding.
  for (const double reward : {0.0, 1.0, 0.1, -1e6, 1e-300}) {
    for (const AdvantageOptions& options : {kTrl, kVerl, kDrGrpo}) {
      const GroupAdvantage result = group_advantage(Rewards(7, reward), options);
      EXPECT_TRUE(result.dead) << reward;
      EXPECT_THAT(result.advantages, Each(0.0)) << reward;
      EXPECT_EQ(result.std, 0.0) << reward;
      EXPECT_DOUBLE_EQ(result.mean, reward);
    }
  }
}

TEST(GroupAdvantage, LeavesMissingRewardsOutOfTheStatistics) {
  const Rewards with_gaps = {1, std::nullopt, 0, 0, std::nullopt, 1, 1, 0, 0, 0};
  const GroupAdvantage result = group_advantage(with_gaps, kTrl);
  const GroupAdvantage known = group_advantage(kThreeOfEight, kTrl);
  EXPECT_EQ(result.advantages[1], 0.0);
  EXPECT_EQ(result.advantages[4], 0.0);
  EXPECT_NEAR(result.advantages[0], 1.2073814, 1e-6);
  EXPECT_NEAR(result.advantages[2], -0.7244289, 1e-6);
  EXPECT_DOUBLE_EQ(result.mean, known.mean);
  EXPECT_DOUBLE_EQ(result.std, known.std);
}

TEST(GroupAdvantage, OfFewerThanTwoKnownRewardsIsZero) {
  for (const Rewards& rewards : {Rewards{}, Rewards{1.0}, Rewards{std::nullopt, 1.0, std::nullopt},
                                 Rewards{std::nullopt, std::nullopt}}) {
    const GroupAdvantage result = group_advantage(rewards, kTrl);
    EXPECT_EQ(result.advantages.size(), rewards.size());
    EXPECT_THAT(result.advantages, Each(0.0));
    EXPECT_EQ(result.std, 0.0);
    EXPECT_TRUE(result.dead);
  }
}

Rewards random_rewards(core::RandomSequence& random) {
  Rewards rewards(2 + random.below(14));
  for (std::optional<double>& reward : rewards) {
    if (!random.chance(0.2)) reward = std::round(random.uniform(-4, 4) * 4) / 4;
  }
  return rewards;
}

TEST(GroupAdvantage, DoesNotSeeAConstantAddedToAllRewards) {
  core::RandomSequence random(core::RandomStream(1, "advantage"));
  for (int trial = 0; trial < 500; ++trial) {
    const Rewards rewards = random_rewards(random);
    // Quarters and a power of two: the shift is exact, so deadness must not change either.
    const double shift = random.chance(0.5) ? 64.0 : -1024.0;
    Rewards shifted = rewards;
    for (std::optional<double>& reward : shifted) {
      if (reward) *reward += shift;
    }
    for (const AdvantageOptions& options : {kTrl, kDrGrpo}) {
      const GroupAdvantage before = group_advantage(rewards, options);
      const GroupAdvantage after = group_advantage(shifted, options);
      EXPECT_EQ(before.dead, after.dead);
      for (size_t i = 0; i < rewards.size(); ++i) {
        EXPECT_NEAR(before.advantages[i], after.advantages[i], 1e-9);
      }
    }
  }
}

TEST(GroupAdvantage, AddsUpToZeroAndKeepsTheOrderOfRewards) {
  core::RandomSequence random(core::RandomStream(2, "advantage"));
  for (int trial = 0; trial < 500; ++trial) {
    const Rewards rewards = random_rewards(random);
    const GroupAdvantage result = group_advantage(rewards, kVerl);
    double sum = 0;
    for (const double advantage : result.advantages) sum += advantage;
    EXPECT_NEAR(sum, 0.0, 1e-9);
    for (size_t i = 0; i + 1 < rewards.size(); ++i) {
      if (!rewards[i] || !rewards[i + 1] || result.dead) continue;
      EXPECT_EQ(*rewards[i] < *rewards[i + 1], result.advantages[i] < result.advantages[i + 1]);
    }
  }
}

}  // namespace
}  // namespace retrace::rl
