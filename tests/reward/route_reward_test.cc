#include "reward/route_reward.h"

#include <gtest/gtest.h>

#include "reward/rules_judge.h"

namespace retrace::reward {
namespace {

class RouteRewardTest : public testing::Test {
 protected:
  RouteRewardTest() {
    sample_.task = data::Task::kRoute;
    sample_.question = "How do you get there?";
    sample_.answer = "turn left at the bakery";
  }
  std::optional<double> score(std::string_view completion, bool truncated = false) const {
    return RouteReward(&judge_).score({completion, truncated, sample_});
  }
  data::Sample sample_;
  RulesJudge judge_;
};

TEST_F(RouteRewardTest, IsTheJudgesShare) {
  EXPECT_EQ(score("<think>x</think> <answer>At the bakery, take a left.</answer>"), 1.0);
  EXPECT_EQ(score("<answer>turn left at the bakery</answer>"), 1.0);
  EXPECT_EQ(score("<think>x</think> <answer>I do not know</answer>"), 0.0);
}

TEST_F(RouteRewardTest, DoesNotAskAboutTextOutsideOneAnswer) {
  for (const char* text : {"", "turn left at the bakery", "<answer></answer>",
                           "<answer>turn left</answer><answer>at the bakery</answer>",
                           "<think>turn left at the bakery"}) {
    EXPECT_EQ(score(text), 0.0) << text;
  }
  EXPECT_EQ(score("<answer>turn left at the bakery</answer>", true), 0.0);
  EXPECT_EQ(judge_.counts().asked, 0);
}

TEST_F(RouteRewardTest, DoesNotJudgeOtherSamples) {
  sample_.task = data::Task::kDirection;
  EXPECT_FALSE(score("<answer>turn left at the bakery</answer>"));
  sample_.task = data::Task::kRoute;
  sample_.options = {"left", "right"};
  EXPECT_FALSE(score("<answer>A</answer>"));
}

TEST_F(RouteRewardTest, AFailedJudgementIsMissing) {
  sample_.answer = "...";
  EXPECT_FALSE(score("<answer>turn left at the bakery</answer>"));
  EXPECT_EQ(judge_.counts().failed, 1);
}

}  // namespace
}  // namespace retrace::reward
