#include "reward/builtin_rewards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "reward/format_reward.h"
#include "reward/letter_reward.h"
#include "reward/rules_judge.h"

namespace retrace::reward {
namespace {

data::Sample sample_with_answer(std::string answer) {
  data::Sample sample;
  sample.answer = std::move(answer);
  return sample;
}

std::optional<double> letter_score(std::string_view completion, bool truncated = false) {
  const data::Sample sample = sample_with_answer("A");
  return StrictLetterReward().score({completion, truncated, sample});
}

TEST(StrictLetterReward, GivesOneForExactlyTheRightLetter) {
  EXPECT_EQ(letter_score("<think>x</think> <answer>A</answer>"), 1.0);
  EXPECT_EQ(letter_score("<think>x</think> <answer> A.\n</answer>"), 1.0);
  EXPECT_EQ(letter_score("<answer>A</answer>"), 1.0);  // the format is the other reward's business
  EXPECT_EQ(letter_score("<think>x</think> <answer>B</answer>"), 0.0);
}

TEST(StrictLetterReward, PaysNothingForKnownHacks) {
  for (const char* answer : {"All of these", "A or B", "(A)", "a", "A, B, C, D", "Answer: A", "AA",
                             "", "A</answer><answer>B", "B</answer><answer>A", "<answer>A</answer>",
                             "\xD0\x90" /* Cyrillic A */}) {
    const std::string text = std::string("<think>x</think><answer>") + answer + "</answer>";
    EXPECT_EQ(letter_score(text), 0.0) << text;
  }
  EXPECT_EQ(letter_score("A"), 0.0);
  EXPECT_EQ(letter_score(""), 0.0);
}

TEST(StrictLetterReward, PaysAtMostOneOfTheOptions) {
  for (const char* text :
       {"<answer>A</answer>", "<answer>A B C D</answer>", "<answer>A</answer><answer>B</answer>",
        "<think><answer>A</answer></think><answer>B</answer>"}) {
    double paid = 0;
    for (const char* right : {"A", "B", "C", "D"}) {
      const data::Sample sample = sample_with_answer(right);
      paid += *StrictLetterReward().score({text, false, sample});
    }
    EXPECT_LE(paid, 1.0) << text;
  }
}

TEST(StrictLetterReward, GivesZeroToTruncatedCompletions) {
  EXPECT_EQ(letter_score("<think>x</think><answer>A</answer>", /*truncated=*/true), 0.0);
}

TEST(StrictLetterReward, IsMissingWhenTheSampleHasNoLetter) {
  for (const char* answer : {"", "turn left", "a"}) {
    const data::Sample sample = sample_with_answer(answer);
    EXPECT_EQ(StrictLetterReward().score({"<answer>A</answer>", false, sample}), std::nullopt)
        << answer;
  }
}

TEST(FormatReward, LooksAtTheTagsOnly) {
  const data::Sample sample = sample_with_answer("A");
  EXPECT_EQ(FormatReward().score({"<think>x</think><answer>no idea</answer>", false, sample}), 1.0);
  EXPECT_EQ(FormatReward().score({"<think>x</think><answer>A</answer> bye", false, sample}), 0.0);
  EXPECT_EQ(FormatReward().score({"<answer>A</answer>", false, sample}), 0.0);
  EXPECT_EQ(FormatReward().score({"", false, sample}), 0.0);
}

std::string name_of(const AnyReward& reward) {
  return std::visit([](const auto& made) { return std::string(made->name()); }, reward);
}

TEST(BuiltinRewards, AreMadeByTheirNames) {
  EXPECT_THAT(builtin_reward_names(), testing::IsSupersetOf({"letter", "format"}));
  const RulesJudge judge;
  for (const std::string& name : builtin_reward_names())
    EXPECT_EQ(name_of(default_reward(name)({&judge})), name);
}

TEST(BuiltinRewards, SayWhichOfThemNeedAJudge) {
  EXPECT_TRUE(needs_judge({"letter", "route"}));
  EXPECT_FALSE(needs_judge({"letter", "format"}));
  EXPECT_THROW(default_reward("route")({}), core::ConfigError);
}

TEST(BuiltinRewards, RefuseUnknownNamesAndListTheKnownOnes) {
  try {
    default_reward("leter");
    FAIL() << "no error";
  } catch (const core::ConfigError& error) {
    EXPECT_THAT(error.what(),
                testing::HasSubstr("unknown reward 'leter'; known rewards: letter, format"));
  }
}

}  // namespace
}  // namespace retrace::reward
