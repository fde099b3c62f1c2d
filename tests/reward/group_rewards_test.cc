#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reward/length_bonus.h"
#include "reward/length_rewards.h"
#include "reward/repetition_reward.h"
#include "reward/temporal_contrast.h"

namespace retrace::reward {
namespace {

using testing::ElementsAre;
using Values = std::vector<std::optional<double>>;
constexpr auto kUnknown = std::nullopt;

const data::Sample& any_sample() {
  static const data::Sample sample;
  return sample;
}

RewardInput of_length(int64_t num_tokens, bool truncated = false) {
  return {"x", truncated, any_sample(), num_tokens};
}

TEST(LengthWindow, IsClosedAtBothEnds) {
  const LengthWindowReward reward({.min_tokens = 10, .max_tokens = 20});
  for (const auto& [length, value] : {std::pair(9, 0.0), {10, 1.0}, {20, 1.0}, {21, 0.0}})
    EXPECT_EQ(reward.score(of_length(length)), value) << length;
  EXPECT_EQ(reward.score(of_length(20, true)), 0.0);
  EXPECT_EQ(reward.score(of_length(0)), kUnknown);
}

TEST(SoftOverlong, IsThePapersPiecewiseLine) {
  const SoftOverlongReward reward({.max_tokens = 100, .buffer_tokens = 20});
  for (const auto& [length, value] :
       {std::pair(1, 0.0), {80, 0.0}, {85, -0.25}, {90, -0.5}, {100, -1.0}, {5000, -1.0}})
    EXPECT_EQ(reward.score(of_length(length)), value) << length;
  EXPECT_EQ(reward.score(of_length(0)), kUnknown);
}

double repetition(const std::string& text) {
  return *RepetitionReward({.ngram_words = 2}).score({text, false, any_sample()});
}

TEST(Repetition, CountsRepeatedNgrams) {
  EXPECT_EQ(repetition("a b c d"), 0.0);
  EXPECT_DOUBLE_EQ(repetition("a b a b"), -1 / 3.0);  // ab ba ab
  EXPECT_EQ(repetition("a a a a a"), -3 / 4.0);
  EXPECT_EQ(repetition("A, a. a! a"), repetition("a a a a"));
  EXPECT_EQ(repetition(""), 0.0);
  EXPECT_EQ(repetition("a"), 0.0);
  EXPECT_LT(repetition(std::string(10'000, 'a')), -0.99);  // no spaces to count words by
  std::string chant;
  for (int i = 0; i < 5000; ++i) chant += "leftright";
  EXPECT_LT(repetition(chant), -0.9);
  std::string dots;
  for (int i = 0; i < 100; ++i) dots += ". ";
  EXPECT_LT(repetition(dots), -0.9);
  EXPECT_LT(repetition("<think>left " + std::string(100, '!') + "</think> <answer>B</answer>"),
            -0.8);
  EXPECT_EQ(repetition("<think>so... left.</think> <answer>B</answer>"), 0.0);
}

Values length_bonus(const Values& accuracy, const std::vector<int64_t>& lengths) {
  std::vector<RewardInput> inputs;
  for (const int64_t length : lengths) inputs.push_back(of_length(length));
  const LengthBonus reward(LengthBonusOptions{});
  return reward.score({inputs, accuracy, {}});
}

TEST(LengthBonus, NeedsTwoCorrectOnes) {
  EXPECT_THAT(length_bonus({1.0, 1.0, 0.0}, {320, 319, 400}), ElementsAre(1.0, 0.0, 0.0));
  EXPECT_THAT(length_bonus({1.0, 0.0, 0.0}, {400, 400, 400}), ElementsAre(0.0, 0.0, 0.0));
  EXPECT_THAT(length_bonus({1.0, 1.0}, {512, 513}), ElementsAre(1.0, 0.0));
}

TEST(LengthBonus, IsMissingWhereItCannotBeKnown) {
  EXPECT_THAT(length_bonus({1.0, kUnknown, 0.0}, {400, 400, 400}),
              ElementsAre(kUnknown, kUnknown, kUnknown));
  EXPECT_THAT(length_bonus({1.0, kUnknown, 1.0}, {400, 400, 0}),
              ElementsAre(1.0, kUnknown, kUnknown));
  EXPECT_THAT(length_bonus({0.0, kUnknown}, {400, 400}), ElementsAre(0.0, kUnknown));
}

Values contrast(TemporalContrastOptions options, const Values& accuracy, const Values& shuffled) {
  const std::vector<RewardInput> inputs(accuracy.size(), of_length(1));
  return TemporalContrast(std::move(options)).score({inputs, accuracy, shuffled});
}

TEST(TemporalContrast, PaysForBeingBetterInOrder) {
  EXPECT_THAT(contrast({}, {1.0, 0.0, 1.0, 1.0}, {1.0, 0.0}), ElementsAre(1.0, 0.0, 1.0, 1.0));
  EXPECT_THAT(contrast({}, {1.0, 0.0}, {1.0, 0.0}), ElementsAre(0.0, 0.0));  // no better
  EXPECT_THAT(contrast({}, {1.0, 0.0}, {1.0, 1.0}), ElementsAre(0.0, 0.0));
  EXPECT_THAT(contrast({}, {0.0, 0.0}, {0.0, 0.0}), ElementsAre(0.0, 0.0));
}

TEST(TemporalContrast, AsReleasedPaysAModelThatDoesNotLookAtTheOrder) {
  const TemporalContrastOptions released{.ratio = 0.8, .strict = false};
  EXPECT_THAT(contrast(released, {1.0, 0.0}, {1.0, 0.0}), ElementsAre(1.0, 0.0));
  EXPECT_THAT(contrast(released, {1.0, 1.0, 1.0, 1.0, 0.0}, {1.0}), ElementsAre(1, 1, 1, 1, 0));
  EXPECT_THAT(contrast(released, {1.0, 0.0}, {1.0}), ElementsAre(0.0, 0.0));
}

TEST(TemporalContrast, IsZeroWithoutVideoAndMissingWithoutKnownAccuracy) {
  EXPECT_THAT(contrast({}, {1.0, kUnknown}, {}), ElementsAre(0.0, kUnknown));
  EXPECT_THAT(contrast({}, {1.0, 0.0}, {kUnknown, kUnknown}), ElementsAre(kUnknown, kUnknown));
  EXPECT_THAT(contrast({}, {1.0, kUnknown}, {0.0, kUnknown}), ElementsAre(1.0, kUnknown));
}

TEST(TemporalContrast, IsMissingWhereNobodyAskedAboutTheShuffledClip) {
  data::Sample sample;
  sample.videos.emplace_back();
  const std::vector<RewardInput> inputs(2, RewardInput{"", false, sample, 1});
  const Values accuracy = {1.0, 0.0};
  EXPECT_THAT(TemporalContrast(TemporalContrastOptions{}).score({inputs, accuracy, {}}),
              ElementsAre(kUnknown, kUnknown));
}

}  // namespace
}  // namespace retrace::reward
