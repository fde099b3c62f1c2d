#include "reward/rubric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"

namespace retrace::reward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string error_of(const std::vector<RewardSpec>& specs) {
  try {
    const Rubric rubric(specs);
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

std::string config_error_of(std::string_view yaml) {
  try {
    core::ConfigNode root = core::ConfigNode::from_string(yaml, "recipe.yaml");
    read_reward_specs(root, "reward");
    root.finish();
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

data::Sample sample_with_answer(std::string answer) {
  data::Sample sample;
  sample.answer = std::move(answer);
  return sample;
}

TEST(Rubric, SumsWeightedPartsAndKeepsRawOnes) {
  const Rubric rubric({{"letter", 1.0}, {"format", 0.25}});
  const data::Sample sample = sample_with_answer("B");
  const Score right = rubric.score({"<think>x</think><answer>B</answer>", false, sample});
  EXPECT_EQ(right.total, 1.25);
  ASSERT_EQ(right.parts.size(), 2u);
  EXPECT_EQ(right.parts[0].name, "letter");
  EXPECT_EQ(right.parts[0].raw, 1.0);
  EXPECT_EQ(right.parts[1].name, "format");
  EXPECT_EQ(right.parts[1].raw, 1.0);  // before the weight
  EXPECT_EQ(rubric.score({"<think>x</think><answer>C</answer>", false, sample}).total, 0.25);
  EXPECT_EQ(rubric.score({"<answer>B</answer>", false, sample}).total, 1.0);
  EXPECT_EQ(rubric.score({"", false, sample}).total, 0.0);
}

TEST(Rubric, KeepsItsOrder) {
  const Rubric rubric({{"format", 1.0}, {"letter", 2.0}});
  EXPECT_THAT(rubric.names(), ElementsAre("format", "letter"));
  const data::Sample sample = sample_with_answer("B");
  const Score score = rubric.score({"<answer>B</answer>", false, sample});
  EXPECT_EQ(score.parts[0].raw, 0.0);
  EXPECT_EQ(score.parts[1].raw, 1.0);
  EXPECT_EQ(score.total, 2.0);
}

TEST(Rubric, AllowsNegativeAndZeroWeights) {
  const Rubric rubric({{"letter", 0.0}, {"format", -0.5}});
  const data::Sample sample = sample_with_answer("B");
  EXPECT_EQ(rubric.score({"<think>x</think><answer>B</answer>", false, sample}).total, -0.5);
}

TEST(Rubric, HasNoTotalWhenAPartIsMissing) {
  const Rubric rubric({{"letter", 1.0}, {"format", 1.0}});
  const data::Sample sample = sample_with_answer("");
  const Score score = rubric.score({"<think>x</think><answer>B</answer>", false, sample});
  EXPECT_EQ(score.total, std::nullopt);
  EXPECT_EQ(score.parts[0].raw, std::nullopt);
  EXPECT_EQ(score.parts[1].raw, 1.0);  // what could be judged is kept
}

TEST(Rubric, ForgivesAMissingPartThatDoesNotCount) {
  const Rubric rubric({{"letter", 0.0}, {"format", 1.0}});
  const data::Sample sample = sample_with_answer("");
  EXPECT_EQ(rubric.score({"<think>x</think><answer>B</answer>", false, sample}).total, 1.0);
}

TEST(Rubric, RefusesBadSpecs) {
  EXPECT_THAT(error_of({}), HasSubstr("at least one reward, found none"));
  EXPECT_THAT(error_of({{"leter", 1.0}}), HasSubstr("unknown reward 'leter'"));
  EXPECT_THAT(error_of({{"letter", 1.0}, {"letter", 0.5}}), HasSubstr("'letter': listed twice"));
  EXPECT_THAT(error_of({{"letter", std::numeric_limits<double>::quiet_NaN()}}),
              HasSubstr("finite number, is nan"));
  EXPECT_THAT(error_of({{"letter", std::numeric_limits<double>::infinity()}}),
              HasSubstr("finite number, is inf"));
}

TEST(ReadRewardSpecs, ReadsNamesAndWeights) {
  core::ConfigNode root = core::ConfigNode::from_string(
      "reward:\n  - {name: letter, weight: 2}\n  - {name: format}\n", "recipe.yaml");
  const std::vector<RewardSpec> specs = read_reward_specs(root, "reward");
  root.finish();
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].name, "letter");
  EXPECT_EQ(specs[0].weight, 2.0);
  EXPECT_EQ(specs[1].name, "format");
  EXPECT_EQ(specs[1].weight, 1.0);
}

TEST(ReadRewardSpecs, IsEmptyWithoutTheKey) {
  core::ConfigNode root = core::ConfigNode::from_string("{}", "recipe.yaml");
  EXPECT_TRUE(read_reward_specs(root, "reward").empty());
}

TEST(ReadRewardSpecs, NamesThePathOfAnError) {
  EXPECT_THAT(config_error_of("reward:\n  - {weight: 1}\n"),
              HasSubstr("expected the name of a reward, found none"));
  EXPECT_THAT(config_error_of("reward:\n  - {name: letter, wieght: 1}\n"), HasSubstr("wieght"));
  EXPECT_THAT(config_error_of("reward:\n  - {name: letter, weight: .inf}\n"),
              HasSubstr("must be a finite number"));
  EXPECT_THAT(config_error_of("reward:\n  - {name: letter, weight: much}\n"),
              HasSubstr("recipe.yaml"));
  EXPECT_THAT(config_error_of("reward:\n  - {name: leter}\n"),
              HasSubstr("known rewards: letter, format"));
}

}  // namespace
}  // namespace retrace::reward
