// Learning rates, sample order and the number of steps: pure functions of the step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <vector>

#include "core/error.h"
#include "rl/lr_schedule.h"
#include "rl/sample_order.h"
#include "rl/stage.h"

namespace retrace::rl {
namespace {

LrSchedule schedule(LrDecay decay, int64_t warmup_steps = 0, double final_fraction = 0) {
  return {
      .peak = 0.5, .decay = decay, .warmup_steps = warmup_steps, .final_fraction = final_fraction};
}

TEST(LearningRate, StaysConstantAfterWarmUp) {
  const LrSchedule constant = schedule(LrDecay::kConstant, 4);
  for (int64_t step = 4; step < 20; ++step) EXPECT_EQ(learning_rate(constant, step, 20), 0.5);
}

TEST(LearningRate, RisesLinearlyInWarmUpAndIsNeverZero) {
  for (const LrDecay decay : {LrDecay::kConstant, LrDecay::kLinear, LrDecay::kCosine}) {
    const LrSchedule warm = schedule(decay, 4);
    for (int64_t step = 0; step < 5; ++step) {
      EXPECT_DOUBLE_EQ(learning_rate(warm, step, 20), 0.1 * static_cast<double>(step + 1));
    }
  }
}

TEST(LearningRate, DecaysLinearlyToOneStepBeforeZero) {
  const LrSchedule linear = schedule(LrDecay::kLinear);
  for (int64_t step = 0; step < 10; ++step) {
    EXPECT_NEAR(learning_rate(linear, step, 10), 0.5 * (1 - static_cast<double>(step) / 10), 1e-15);
  }
}

TEST(LearningRate, DecaysAsACosine) {
  const LrSchedule cosine = schedule(LrDecay::kCosine);
  for (int64_t step = 0; step < 10; ++step) {
    const double progress = static_cast<double>(step) / 10;
    EXPECT_NEAR(learning_rate(cosine, step, 10), 0.25 * (1 + std::cos(std::numbers::pi * progress)),
                1e-15);
  }
}

TEST(LearningRate, NeverFallsBelowTheFinalFraction) {
  for (const LrDecay decay : {LrDecay::kLinear, LrDecay::kCosine}) {
    const LrSchedule floor = schedule(decay, 3, 0.2);
    double previous = 1;
    for (int64_t step = 3; step < 50; ++step) {
      const double rate = learning_rate(floor, step, 50);
      EXPECT_GE(rate, 0.1);
      EXPECT_LT(rate, previous);
      previous = rate;
    }
  }
}

TEST(LearningRate, IsFiniteWhenTheRunIsNoLongerThanItsWarmUp) {
  const LrSchedule long_warmup = schedule(LrDecay::kLinear, 10);
  EXPECT_DOUBLE_EQ(learning_rate(long_warmup, 0, 1), 0.5 / 11);
  EXPECT_DOUBLE_EQ(learning_rate(long_warmup, 9, 10), 0.5 * 10 / 11);
}

TEST(SampleOrder, VisitsEverySampleOnceAnEpoch) {
  SampleOrder order(13, 5);
  std::set<std::vector<int64_t>> epochs;
  for (int64_t epoch = 0; epoch < 6; ++epoch) {
    std::vector<int64_t> visited = order.slots(epoch * 13, 13);
    epochs.insert(visited);
    std::sort(visited.begin(), visited.end());
    for (int64_t i = 0; i < 13; ++i) EXPECT_EQ(visited[static_cast<size_t>(i)], i);
  }
  EXPECT_EQ(epochs.size(), 6u) << "two epochs came in the same order";
}

TEST(SampleOrder, IsAFunctionOfSeedAndSlotOnly) {
  SampleOrder whole(7, 5), pieces(7, 5), other(7, 6);
  const std::vector<int64_t> all = whole.slots(0, 50);
  EXPECT_NE(all, other.slots(0, 50));
  for (const int64_t first : {48, 3, 20, 0}) {  // backwards too: a resumed run starts anywhere
    const std::vector<int64_t> piece = pieces.slots(first, 2);
    EXPECT_EQ(piece[0], all[static_cast<size_t>(first)]);
    EXPECT_EQ(piece[1], all[static_cast<size_t>(first) + 1]);
  }
}

TEST(SampleOrder, RefusesNoSamples) {
  SampleOrder order(0, 1);
  EXPECT_THROW(order.slots(0, 1), core::InternalError);
}

TEST(RankSlots, OfAllRanksTileTheStep) {
  for (const int world_size : {1, 2, 4}) {
    int64_t next = 0;
    for (int64_t step = 0; step < 5; ++step) {
      for (int rank = 0; rank < world_size; ++rank) {
        const SlotRange range = rank_slots(step, 8, rank, world_size);
        EXPECT_EQ(range.first, next);
        EXPECT_EQ(range.count, 8 / world_size);
        next = range.first + range.count;
      }
    }
    EXPECT_EQ(next, 40);
  }
}

TEST(RankSlots, RefuseAnUnevenShare) {
  EXPECT_THROW(rank_slots(0, 8, 0, 3), core::InternalError);
}

TEST(StageSteps, RoundEpochsUp) {
  TrainSection section;
  section.prompts_per_step = 16;
  section.epochs = 2;
  EXPECT_EQ(stage_steps(section, 256), 32);
  EXPECT_EQ(stage_steps(section, 257), 33);
  section.epochs = 0.001;
  EXPECT_EQ(stage_steps(section, 100), 1);
  section.epochs = 0;
  section.steps = 5;
  EXPECT_EQ(stage_steps(section, 100), 5);
}

}  // namespace
}  // namespace retrace::rl
