#include "data/open_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/jaccard.h"
#include "data/step_wording.h"
#include "tests/data/released_questions.h"

namespace retrace::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ------------------------------------------------------------------------------------------------
// Wording
// ------------------------------------------------------------------------------------------------

size_t only_family_in(const std::string& step) {
  const std::set<size_t> families = families_in(step);
  EXPECT_EQ(families.size(), 1U) << step;
  return families.empty() ? 0 : *families.begin();
}

TEST(StepWording, SaysAFamilyTheSameWayEverywhere) {
  const size_t turns = only_family_in("turn left");
  EXPECT_EQ(only_family_in("Turn right at the door"), turns);
  EXPECT_EQ(reworded("turn left", {{turns, 0}}), "take a left");
  EXPECT_EQ(reworded("Turn right at the TV", {{turns, 0}}), "take a right at the TV");
  EXPECT_EQ(reworded("turn left", {}), "turn left");
  EXPECT_EQ(reworded("turn left", {{turns + 1, 0}}), "turn left");
}

TEST(StepWording, TakesTheLongestPhraseAndThePlaceInTheStep) {
  const size_t straight = only_family_in("walk forward");
  EXPECT_EQ(reworded("walk a few steps straight ahead", {{straight, 0}}), "keep on a few steps");
  EXPECT_NE(only_family_in("walk"), straight);
  EXPECT_NE(only_family_in("turn back"), only_family_in("turn back to the door"));
  EXPECT_THAT(families_in("walkway"), IsEmpty());
}

TEST(StepWording, EveryWayOfAFamilyIsThereForEveryPhrase) {
  for (const char* step :
       {"turn right", "turn back and", "take a few steps forward", "walk right", "the start",
        "pick them up", "put down", "putting", "to place", "observe", "walking", "going",
        "close it", "pass by the", "keep going"}) {
    const size_t family = only_family_in(step);
    for (size_t way = 0; way < num_ways(family); ++way)
      EXPECT_NE(reworded(step, {{family, way}}), step) << way;
  }
}

TEST(StepWording, HidesThingsByTheirNames) {
  const std::string step = "put the black cup on the table";
  EXPECT_THAT(things_named(step), ElementsAre("the black cup", "the table"));
  EXPECT_EQ(with_things_hidden(step, {}), step);
  EXPECT_EQ(with_things_hidden(step, {"the table"}), "put the black cup on something");
  EXPECT_EQ(with_things_hidden(step, {"the table", "the black cup"}), "put something");
  EXPECT_EQ(with_things_hidden("the table", {"the table"}), "");
  EXPECT_THAT(things_named("go back to the starting point a few steps"), IsEmpty());
}

TEST(Jaccard, IsTheSameForSetsAndSortedVectors) {
  using Set = std::set<std::string>;
  using Words = std::vector<std::string>;
  EXPECT_DOUBLE_EQ(jaccard(Words{"at", "left", "turn"}, Words{"right", "turn"}), 0.25);
  EXPECT_DOUBLE_EQ(jaccard(Set{"at", "left", "turn"}, Set{"right", "turn"}), 0.25);
  EXPECT_EQ(jaccard(Words{"a", "b"}, Words{"a", "b"}), 1);
  EXPECT_DOUBLE_EQ(jaccard(Words{"a", "a", "b"}, Words{"a", "a", "a"}), 0.5);
  EXPECT_EQ(jaccard(Set{"a"}, Set{}), 0);
  EXPECT_EQ(jaccard(Words{}, Words{}), 0);
}

// ------------------------------------------------------------------------------------------------
// Steps
// ------------------------------------------------------------------------------------------------

std::vector<std::string> told(const std::string& opposite, std::vector<std::string> options) {
  Sample sample;
  sample.opposite = opposite;
  sample.options = std::move(options);
  sample.answer = "A";
  std::vector<std::string> steps = open_steps(sample);
  std::string text;
  for (const std::string& step : steps) text += step + ", ";
  EXPECT_FALSE(gives_answer_away(sample, text)) << text;
  return steps;
}

TEST(OpenSteps, KeepWhatGivesNothingAway) {
  EXPECT_THAT(told("Turn left, then turn right.", {"go straight", "turn left, turn right"}),
              ElementsAre("turn left", "turn right"));
  EXPECT_THAT(told("TV cabinet, and Room B", {"sofa", "lamp"}),
              ElementsAre("TV cabinet", "room b"));
}

TEST(OpenSteps, ChangeNoMoreWordsThanNeeded) {
  EXPECT_THAT(told("Turn left, sit down", {"turn left", "go straight"}),
              ElementsAre("bear leftward", "sit down"));
}

TEST(OpenSteps, HideThingsBeforeStepsAreLeftOut) {
  EXPECT_THAT(told("open the red box, wait", {"red box", "blue chair"}),
              ElementsAre("open something", "wait"));
  EXPECT_THAT(told("red box, lamp", {"red box, sofa", "blue chair"}), ElementsAre("...", "lamp"));
}

// Landmarks have no other words: 500 of their 671 steps have to go under any choice of steps.
TEST(OpenSteps, OfReleasedQuestionsAreMostlyTold) {
  const auto samples = test::released_questions();
  if (!samples) GTEST_SKIP() << test::kNoReleasedQuestions;
  std::map<Task, int64_t> num_steps, num_left_out;
  for (const Sample& sample : *samples) {
    for (const std::string& step : open_steps(sample)) {
      ++num_steps[sample.task];
      num_left_out[sample.task] += step == kLeftOut ? 1 : 0;
    }
  }
  EXPECT_EQ(num_steps[Task::kDirection], 1434);
  EXPECT_EQ(num_steps[Task::kLandmark], 671);
  EXPECT_EQ(num_steps[Task::kAction], 1411);
  EXPECT_EQ(num_left_out[Task::kDirection], 28);
  EXPECT_EQ(num_left_out[Task::kLandmark], 497);
  EXPECT_EQ(num_left_out[Task::kAction], 50);
}

}  // namespace
}  // namespace retrace::data
