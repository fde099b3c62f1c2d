#include "tools/egoworld/action.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/action_plan.h"
#include "tools/egoworld/clip.h"

namespace retrace::egoworld {
namespace {

constexpr Action kTakeCup = {HeldObject::kCup, false};
constexpr Action kShutBox = {HeldObject::kBox, true};

TEST(Action, TheWayBackUndoesTheLastThingFirst) {
  EXPECT_EQ(words(std::vector{kTakeCup, kShutBox}),
            (std::vector<std::string>{"take cup", "shut box"}));
  EXPECT_EQ(words(reversed_actions(std::vector{kTakeCup, kShutBox})),
            (std::vector<std::string>{"open box", "place cup"}));
}

TEST(Action, InverseOfInverseIsIdentity) {
  core::RandomSequence random(core::RandomStream(1, "test"));
  for (int i = 0; i < 200; ++i) {
    const std::vector<Action> actions = draw_actions(random, 1 + i % kNumHeldObjects);
    EXPECT_EQ(reversed_actions(reversed_actions(actions)), actions);
    EXPECT_EQ(opposite_verbs(opposite_verbs(actions)), actions);
    EXPECT_NE(reversed_actions(actions), actions);
  }
}

TEST(Action, AllTenAreWordedDifferently) {
  std::set<std::string> all;
  for (int64_t i = 0; i < kNumHeldObjects; ++i) {
    for (const bool undoes : {false, true})
      all.insert(to_string(Action{static_cast<HeldObject>(i), undoes}));
  }
  EXPECT_EQ(all.size(), 10U);
}

TEST(Action, AreDrawnUniformly) {
  core::RandomSequence random(core::RandomStream(2, "test"));
  std::map<std::vector<std::string>, int64_t> counts;
  for (int i = 0; i < 16000; ++i) ++counts[words(draw_actions(random, 2))];
  ASSERT_EQ(counts.size(), 80U);  // 5 * 4 ordered pairs of objects, 4 pairs of verbs
  std::vector<int64_t> observed;
  for (const auto& [actions, count] : counts) observed.push_back(count);
  EXPECT_LT(chi_square_uniform(observed), 123.6);  // 79 degrees of freedom, p = 0.001
}

TEST(ActionPlan, EveryThirdOfAnActionHoldsAFrameThatAModelSees) {
  for (const int64_t num_frames : {16, 18, 24, 31, 48, 50, 64, 100, 333}) {
    const std::vector<int64_t> seen = transcript_frames(num_frames);
    for (int64_t num_actions = 1; num_actions <= kMaxActions; ++num_actions) {
      for (int64_t clip = 0; clip < 30; ++clip) {
        int64_t previous_end = 0;
        for (const TimedAction& timed : plan_actions(num_actions, num_frames, 3, clip)) {
          EXPECT_GE(timed.first_frame, previous_end) << "actions overlap";
          EXPECT_LE(timed.end_frame, num_frames);
          previous_end = timed.end_frame;
          const int64_t third = (timed.end_frame - timed.first_frame) / 3;
          for (int64_t begin = timed.first_frame; begin < timed.end_frame; begin += third) {
            EXPECT_TRUE(
                std::any_of(seen.begin(), seen.end(),
                            [&](int64_t frame) { return frame >= begin && frame < begin + third; }))
                << num_frames << " frames, clip " << clip;
          }
        }
      }
    }
  }
}

TEST(ActionPlan, StateRestsThenChangesThenRests) {
  const TimedAction timed = {kTakeCup, 10, 22};
  for (int64_t frame = 10; frame < 14; ++frame) EXPECT_EQ(object_state(timed, frame), 0);
  for (int64_t frame = 14; frame < 18; ++frame)
    EXPECT_LT(object_state(timed, frame - 1), object_state(timed, frame));
  for (int64_t frame = 18; frame < 22; ++frame) EXPECT_EQ(object_state(timed, frame), 1);
}

TEST(ActionPlan, AFilmPlayedBackwardsShowsTheOpposite) {
  const TimedAction open = {{HeldObject::kBox, false}, 4, 16};
  const TimedAction shut = {{HeldObject::kBox, true}, 4, 16};
  for (int64_t frame = 4; frame < 16; ++frame)
    EXPECT_NEAR(object_state(open, frame), object_state(shut, 19 - frame), 1e-6);
}

TEST(ActionPlan, TooFewFramesAreRefused) {
  EXPECT_NO_THROW(check_actions_fit(3, 16));
  expect_error<core::ConfigError>([] { check_actions_fit(3, 17); },
                                  "frames: 3 actions of 6 frames do not fit into 17 frames");
  WorldOptions world;
  world.walk.num_frames = 17;
  EXPECT_NO_THROW(validate(world));
  world.tasks = {data::Task::kAction};
  expect_error<core::ConfigError>([&] { validate(world); }, "do not fit");
}

}  // namespace
}  // namespace retrace::egoworld
