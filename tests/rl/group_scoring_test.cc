// Judging within a GRPO step: what is missing, what threads change, what time and signals do.
#include "rl/group_scoring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "core/error.h"
#include "core/interrupt.h"
#include "rl/agreement.h"
#include "tests/rl/grpo_stage_fixture.h"

namespace retrace::rl {
namespace {

using testing::HasSubstr;

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
// Threads and waiting
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

TEST_F(GrpoStageTest, StopsBeforeOtherRanksGiveUpWaitingForASlowJudge) {
  config_.deadline_seconds = 0.2;
  config_.reward.threads = 1;
  std::atomic<int> num_judged = 0;
  config_.reward.rewards = {scripted([&](const auto&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return static_cast<double>(++num_judged);
  })};
  try {
    run(folder_ / "a");
    FAIL() << "no error";
  } catch (const AgreedError& error) {
    EXPECT_EQ(error.exit_code(), core::ExitCode::kData);
    EXPECT_THAT(error.what(), HasSubstr("of 8 completions were not judged 0.18 s after"));
  }
  EXPECT_GE(num_judged, 1);
  EXPECT_LT(num_judged, 8) << "what had not begun was judged all the same";
}

// ------------------------------------------------------------------------------------------------
// Signals
// ------------------------------------------------------------------------------------------------

// Gives verdicts until the second step; then a signal comes and cuts it off.
class InterruptedJudge : public reward::Judge {
 public:
  std::string_view name() const override { return "interrupted"; }
  std::optional<reward::JudgeVerdict> judge(const reward::JudgeRequest&) const override {
    if (++asked_ == 10) std::raise(SIGTERM);
    if (core::interrupt_signal() == 0) return reward::JudgeVerdict{};
    ++failed_;
    return std::nullopt;
  }
  reward::JudgeCounts counts() const override { return {.asked = asked_, .failed = failed_}; }

 private:
  mutable std::atomic<int64_t> asked_ = 0, failed_ = 0;
};

TEST_F(GrpoStageTest, TakesNoStepWhoseJudgementsASignalCutOff) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  // In a process of its own: a signal stays received.
  EXPECT_EXIT(
      {
        core::install_interrupt_handlers();
        config_.reward.threads = 2;
        judge_ = std::make_unique<InterruptedJudge>();
        config_.reward.rewards = {scripted([&](const auto& input) -> std::optional<double> {
          if (!judge_->judge({})) return std::nullopt;
          return share_of_vowels(input);
        })};
        const Outcome cut_off = run(folder_ / "cut_off");
        config_.grpo.steps = 1;
        config_.reward.rewards = {scripted(share_of_vowels)};
        const Outcome one_step = run(folder_ / "one_step");
        const bool is_right = cut_off.was_interrupted && cut_off.metrics.size() == 1 &&
                              !one_step.was_interrupted && cut_off.weights.equal(one_step.weights);
        std::_Exit(is_right ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace retrace::rl
