// Thoughts, options and sequences of steps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "core/random.h"
#include "reward/consistency_reward.h"
#include "reward/inverse_reward.h"
#include "reward/route_events.h"
#include "reward/sequence_reward.h"
#include "tests/reward/completions.h"

namespace retrace::reward {
namespace {

using test::answered;
using test::score_answer;
using testing::ElementsAre;

data::Sample question(data::Task task, std::vector<std::string> options, std::string answer = "A") {
  data::Sample sample;
  sample.task = task;
  sample.options = std::move(options);
  sample.answer = std::move(answer);
  return sample;
}

data::Sample directions() {
  return question(data::Task::kDirection,
                  {"turn left, go straight, turn left", "turn right, go straight, turn left",
                   "turn right, go straight, turn right", "go straight, turn left"});
}

data::Sample landmarks() {
  return question(data::Task::kLandmark,
                  {"sofa, wooden door, lamp", "lamp, wooden door, sofa", "lamp, door, sofa"});
}

std::optional<double> consistency(const data::Sample& sample, std::string_view thought,
                                  std::string_view answer) {
  return ConsistencyReward().score({answered(answer, thought), false, sample});
}

std::optional<double> inverse(const data::Sample& sample, std::string_view thought,
                              std::string_view answer) {
  return InverseReward().score({answered(answer, thought), false, sample});
}

TEST(SplitSteps, TakesListsOfManyForms) {
  const auto expected = ElementsAre("turn left", "go straight");
  for (const char* text :
       {"turn left, go straight", "['Turn left', 'go straight']", "turn left -> go straight",
        "1. Turn left. 2. Go straight.", "Turn left then go straight", "turn left;go straight",
        "Turn left, and then go straight", "- turn left\n- go straight",
        "turn left \xE2\x86\x92 go straight", "1) turn left\n2) go straight"}) {
    EXPECT_THAT(split_steps(text), expected) << text;
  }
  EXPECT_THAT(split_steps(""), ElementsAre());
  EXPECT_THAT(split_steps(",,, . -> \n"), ElementsAre());
  std::string commas(10'000, ',');
  commas += "a";
  EXPECT_EQ(split_steps(commas).size(), 1u);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "a,";
  EXPECT_EQ(split_steps(many).size(), 256u);
}

TEST(OptionEvents, OfDirectionsAreTurns) {
  const OptionEvents events(directions());
  EXPECT_EQ(events.of_option(0), events.inverse(events.of_option(2)));
  EXPECT_EQ(events.in_text("left left U-turn, turn around, up the stairs, downstairs").size(), 6u);
  EXPECT_EQ(events.in_text("forward, up to the door").size(), 0u);
}

TEST(OptionEvents, OfOthersAreTheStepsOfTheOptions) {
  const OptionEvents events(landmarks());
  EXPECT_EQ(events.of_option(1), events.inverse(events.of_option(0)));
  // "wooden door" is not "door".
  EXPECT_EQ(events.in_text("a lamp, then the Wooden Door; the sofa"), events.of_option(1));
  EXPECT_EQ(events.in_text("a lamp, then the door; the sofa"), events.of_option(2));
  EXPECT_TRUE(events.in_text("nothing of that").empty());
}

TEST(OptionEvents, InverseIsItsOwnInverse) {
  core::RandomSequence random(core::RandomStream(1, "routes"));
  for (const data::Sample& sample : {directions(), landmarks()}) {
    const OptionEvents events(sample);
    for (int trial = 0; trial < 200; ++trial) {
      Events route(random.below(8));
      for (int& event : route) event = static_cast<int>(random.below(4));
      EXPECT_EQ(events.inverse(events.inverse(route)), route);
    }
  }
}

TEST(StatedLetter, IsTheLastOne) {
  EXPECT_EQ(stated_letter("Hence, the correct answer is C")->letter, 'C');
  EXPECT_EQ(stated_letter("Option A is wrong. So I choose option (B).")->letter, 'B');
  EXPECT_EQ(stated_letter("the answer must be **D**")->letter, 'D');
  EXPECT_FALSE(stated_letter("the answer is a door"));
  EXPECT_FALSE(stated_letter("A lamp stands there"));
  EXPECT_FALSE(stated_letter(""));
  EXPECT_TRUE(stated_letter("the answer is A or B")->hedged);
}

TEST(Consistency, FollowsTheStatedLetter) {
  const data::Sample sample = directions();
  EXPECT_EQ(consistency(sample, "Hence, the correct answer is B", "B"), 1.0);
  EXPECT_EQ(consistency(sample, "Hence, the correct answer is B", "C"), 0.0);
  EXPECT_EQ(consistency(sample, "answer is B. No, the answer is C", "C"), 1.0);
  EXPECT_EQ(consistency(sample, "answer is B. No, the answer is C", "B"), 0.0);
  // The letter counts more than the route around it.
  EXPECT_EQ(consistency(sample, "turn left, go straight, turn left: the answer is B", "A"), 0.0);
}

TEST(Consistency, FollowsTheStatedOption) {
  const data::Sample sample = directions();
  EXPECT_EQ(consistency(sample, "I see: turn right, go straight, turn left.", "B"), 1.0);
  EXPECT_EQ(consistency(sample, "I see: turn right, go straight, turn left.", "A"), 0.0);
  // "go straight, turn left" ends there too, but is the shorter one.
  EXPECT_EQ(consistency(sample, "I see: turn right, go straight, turn left.", "D"), 0.0);
}

TEST(Consistency, FollowsTheStatedRoute) {
  const data::Sample sample = directions();
  EXPECT_EQ(consistency(sample, "First right, straight on, then left again", "B"), 1.0);
  EXPECT_EQ(consistency(sample, "First right, straight on, then left again", "A"), 0.0);
  EXPECT_EQ(consistency(landmarks(), "past the lamp and the wooden door to the sofa", "B"), 1.0);
}

TEST(Consistency, PaysNothingForKnownHacks) {
  const data::Sample sample = directions();
  for (const char* thought :
       {"", "x", "The answer is A or B", "the answer is A and B", "I am sure.", "A", "A B C D",
        "left left left left", "the correct answer is"}) {
    EXPECT_EQ(consistency(sample, thought, "A"), 0.0) << thought;
  }
  for (const char* answer : {"", "a", "(A)", "A or B", "Z"}) {
    EXPECT_EQ(consistency(sample, "turn left, go straight, turn left", answer), 0.0) << answer;
  }
  // One thought can lead to one letter only, whatever it lists.
  const std::string all =
      "turn left, go straight, turn left; turn right, go straight, turn left; turn right, go "
      "straight, turn right; go straight, turn left; answer is A, answer is B, answer is C";
  double paid = 0;
  for (const char* answer : {"A", "B", "C", "D"}) paid += *consistency(sample, all, answer);
  EXPECT_LE(paid, 1.0);
}

TEST(Consistency, TakesNoWordForALetterBeyondTheOptions) {
  const char* const thought = "To answer, I follow: turn right, go straight, turn left.";
  EXPECT_EQ(consistency(directions(), thought, "B"), 1.0);
  EXPECT_EQ(consistency(directions(), thought, "C"), 0.0);
  EXPECT_EQ(consistency(directions(), "The answer is U-turn. No, it is option A.", "A"), 1.0);
}

TEST(Consistency, IsMissingForOpenQuestions) {
  EXPECT_EQ(consistency(question(data::Task::kRoute, {}, "left, then right"), "x", "A"),
            std::nullopt);
  EXPECT_EQ(consistency(question(data::Task::kUnknown, {}, "B"), "the answer is B", "B"), 1.0);
}

TEST(Inverse, PaysForTheWayBack) {
  const data::Sample sample = directions();
  EXPECT_EQ(inverse(sample, "The other way: turn left, go straight, turn left.", "C"), 1.0);
  EXPECT_LT(*inverse(sample, "The other way: turn left, go straight, turn left.", "A"), 1.0);
  EXPECT_EQ(inverse(landmarks(), "Back I passed sofa, wooden door, lamp", "B"), 1.0);
  EXPECT_LT(*inverse(landmarks(), "Back I passed sofa, wooden door, lamp", "A"), 1.0);
}

TEST(Inverse, DoesNotJudgeActions) {
  const data::Sample sample =
      question(data::Task::kAction, {"shut box, place cup", "open box, take cup"});
  for (const char* thought : {"take cup, open box", "place cup, shut box"})
    EXPECT_EQ(inverse(sample, thought, "A"), std::nullopt);
  EXPECT_NE(InverseReward().why_unfit(sample), "");
}

TEST(Inverse, AllowsTheThoughtToGoOnToTheInverse) {
  EXPECT_EQ(inverse(directions(),
                    "Reverse: turn left, go straight, turn left. So forward: turn right, go "
                    "straight, turn right. The answer is C",
                    "C"),
            1.0);
}

TEST(Inverse, FallsWithEveryStepThatDiffers) {
  const data::Sample sample = directions();
  EXPECT_DOUBLE_EQ(*inverse(sample, "turn left, go straight", "C"), 4 / 5.0);
  EXPECT_DOUBLE_EQ(*inverse(sample, "turn left", "C"), 2 / 4.0);
  EXPECT_DOUBLE_EQ(*inverse(sample, "turn left, go straight, turn left, turn left, turn left", "C"),
                   6 / 8.0);
}

TEST(Inverse, PaysNothingForKnownHacks) {
  const data::Sample sample = directions();
  for (const char* thought : {"", "x", "The answer is C", "reverse thinking"})
    EXPECT_EQ(inverse(sample, thought, "C"), 0.0) << thought;
  for (const char* answer : {"", "(C)", "c", "C or A", "Z"})
    EXPECT_EQ(inverse(sample, "turn left, go straight, turn left", answer), 0.0) << answer;
  std::string stuffed;
  for (int i = 0; i < 2000; ++i) stuffed += "left straight right ";
  EXPECT_LT(*inverse(sample, stuffed, "C"), 0.05);
  EXPECT_EQ(inverse(question(data::Task::kRoute, {}), "left", "A"), std::nullopt);
}

TEST(Inverse, HoldsForRandomRoutesAndNoOtherOption) {
  constexpr std::array<const char*, 3> kTurns = {"turn left", "turn right", "go straight"};
  constexpr std::array<size_t, 3> kBack = {1, 0, 2};
  core::RandomSequence random(core::RandomStream(2, "routes"));
  for (int trial = 0; trial < 300; ++trial) {
    std::vector<size_t> route(2 + random.below(5));
    for (size_t& turn : route) turn = random.below(3);
    std::string forward, back, mirrored;
    for (size_t i = 0; i < route.size(); ++i) {
      const std::string comma = i > 0 ? ", " : "";
      forward += comma + kTurns[route[i]];
      back += comma + kTurns[kBack[route[route.size() - 1 - i]]];
      mirrored += comma + kTurns[route[route.size() - 1 - i]];
    }
    const data::Sample sample = question(data::Task::kDirection, {back, mirrored, forward});
    ASSERT_EQ(inverse(sample, forward, "A"), 1.0) << forward;
    for (const auto& [text, letter] : {std::pair(mirrored, "B"), std::pair(forward, "C")}) {
      if (text == back) continue;
      ASSERT_LT(*inverse(sample, forward, letter), 1.0) << forward;
    }
  }
}

// ------------------------------------------------------------------------------------------------
// Sequences
// ------------------------------------------------------------------------------------------------

size_t lcs_by_recursion(const std::vector<std::string>& a, const std::vector<std::string>& b,
                        size_t i, size_t j) {
  if (i == a.size() || j == b.size()) return 0;
  if (a[i] == b[j]) return 1 + lcs_by_recursion(a, b, i + 1, j + 1);
  return std::max(lcs_by_recursion(a, b, i + 1, j), lcs_by_recursion(a, b, i, j + 1));
}

std::vector<std::string> random_steps(core::RandomSequence& random, uint64_t num_kinds) {
  std::vector<std::string> steps(random.below(7));
  for (std::string& step : steps)
    step = std::string(1, static_cast<char>('a' + random.below(num_kinds)));
  return steps;
}

TEST(Lcs, AgreesWithItsDefinition) {
  core::RandomSequence random(core::RandomStream(1, "lcs"));
  for (int trial = 0; trial < 1000; ++trial) {
    const auto a = random_steps(random, 3), b = random_steps(random, 3);
    ASSERT_EQ(lcs_length(a, b), lcs_by_recursion(a, b, 0, 0));
  }
}

TEST(Kendall, AgreesWithCountingPairsOfDistinctSteps) {
  core::RandomSequence random(core::RandomStream(1, "kendall"));
  for (int trial = 0; trial < 1000; ++trial) {
    std::vector<std::string> a = {"a", "b", "c", "d", "e"}, b = {"a", "b", "c", "x", "y"};
    random.shuffle(a);
    random.shuffle(b);
    a.resize(1 + random.below(5));
    b.resize(1 + random.below(5));
    std::vector<long> places;
    for (const std::string& step : a) {
      const auto found = std::find(b.begin(), b.end(), step);
      if (found != b.end()) places.push_back(found - b.begin());
    }
    double pairs = 0, concordant = 0;
    for (size_t i = 0; i < places.size(); ++i) {
      for (size_t j = i + 1; j < places.size(); ++j) {
        ++pairs;
        concordant += places[i] < places[j] ? 1 : 0;
      }
    }
    const double order = pairs > 0 ? concordant / pairs : 1;
    const double expected = order * static_cast<double>(places.size()) /
                            static_cast<double>(std::max(a.size(), b.size()));
    ASSERT_DOUBLE_EQ(kendall_score(a, b), expected);
  }
}

TEST(SequenceReward, WantsTheOrderAndNothingMore) {
  const SequenceReward lcs({}), kendall({.measure = SequenceMeasure::kKendall});
  for (const SequenceReward* reward : {&lcs, &kendall}) {
    EXPECT_EQ(score_answer(*reward, "sofa, door, lamp", "Sofa -> Door -> Lamp"), 1.0);
    EXPECT_LT(*score_answer(*reward, "sofa, door, lamp", "lamp, door, sofa"), 0.4);
    EXPECT_EQ(score_answer(*reward, "sofa, door, lamp", ""), 0.0);
    EXPECT_EQ(score_answer(*reward, "sofa, door, lamp", "chair"), 0.0);
    std::string repeated, stuffed = "sofa, door, lamp";
    for (int i = 0; i < 50; ++i) repeated += "sofa, ";
    for (int i = 0; i < 300; ++i) stuffed += ", thing";
    EXPECT_LT(*score_answer(*reward, "sofa, door, lamp", repeated), 0.05);
    EXPECT_EQ(score_answer(*reward, "sofa, door, lamp", stuffed), 0.0);  // over 256 steps
    EXPECT_EQ(score_answer(*reward, "B", "sofa"), std::nullopt);
    EXPECT_EQ(score_answer(*reward, "", "sofa"), std::nullopt);
  }
  EXPECT_DOUBLE_EQ(*score_answer(lcs, "sofa, door, lamp", "sofa, lamp"), 4 / 5.0);
  EXPECT_DOUBLE_EQ(*score_answer(kendall, "sofa, door, lamp", "sofa, lamp"), 2 / 3.0);
  EXPECT_EQ(score_answer(kendall, "sofa, door, lamp", "lamp, door, sofa"), 0.0);
}

}  // namespace
}  // namespace retrace::reward
