#include "tools/egoworld/thought.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"

namespace retrace::egoworld {
namespace {

// Turns left, straight, right? "C" of four.
Question example(data::TravelDirection direction) {
  Question question;
  question.direction = direction;
  question.options = {
      {"right", "left"}, {"left", "left"}, {"left", "straight"}, {"straight", "left"}};
  question.answer = 2;
  question.truth = {"left", "straight"};
  question.opposite = {"straight", "right"};
  return question;
}

TEST(Thought, StatesTheOtherDirectionFirst) {
  const Question question = example(data::TravelDirection::kForward);
  EXPECT_EQ(thought_text(question, ThoughtStyle::kDirect), "");
  EXPECT_EQ(thought_text(question, ThoughtStyle::kRecall), "On the way back: straight, right.");
  EXPECT_EQ(thought_text(question, ThoughtStyle::kDerive),
            "On the way back: straight, right. So on the way there: left, straight.");
  EXPECT_EQ(thought_text(question, ThoughtStyle::kCheck),
            "On the way back: straight, right. So on the way there: left, straight. A: no. B: no. "
            "C: yes.");
  EXPECT_EQ(thought_text(question, ThoughtStyle::kCopyCheck),
            "On the way back: straight, right. So on the way there: left, straight. "
            "A right, left: no. B left, left: no. C left, straight: yes.");
}

TEST(Thought, OfAReverseQuestionRecallsTheWayThere) {
  EXPECT_EQ(thought_text(example(data::TravelDirection::kReverse), ThoughtStyle::kDerive),
            "On the way there: straight, right. So on the way back: left, straight.");
}

TEST(Thought, SolutionHasOneSpaceBetweenTheTags) {
  EXPECT_EQ(solution_text("A: yes.", 0), "<think>A: yes.</think> <answer>A</answer>");
  EXPECT_EQ(solution_text("", 3), "<think></think> <answer>D</answer>");
}

TEST(Thought, PairCheckStopsAtTheFirstWordThatDiffers) {
  const std::vector<WordSequence> options = {
      {"left", "right"}, {"right", "left"}, {"right", "right"}, {"left", "left"}};
  EXPECT_EQ(check_text(options, 2, CheckStyle::kPair),
            "A right left: no. B right right, right left: no. C right right, right right: yes.");
}

TEST(Thought, LetterNamesTheRightOptionInEveryStyle) {
  for (int64_t clip = 0; clip < 100; ++clip) {
    for (const Question& question : make_questions(draw_route(6, clip, 3), 6, clip)) {
      for (int i = 0; i < kNumThoughtStyles; ++i) {
        const std::string thought = thought_text(question, static_cast<ThoughtStyle>(i));
        const std::string solution = solution_text(thought, question.answer);
        const char letter = solution[solution.find("<answer>") + 8];
        const std::string option_line = fmt::format("\n{}. {}\n", letter, joined(question.truth));
        EXPECT_NE(problem_text(question).find(option_line), std::string::npos);
        const size_t yes = thought.find("yes");
        if (yes == std::string::npos) continue;
        EXPECT_EQ(thought.substr(yes), "yes.");
        EXPECT_EQ(thought[thought.rfind(". ", yes) + 2], letter);
      }
    }
  }
}

TEST(Thought, WeightsAreReadByStyleName) {
  EXPECT_EQ(parse_thought_weights("recall:0.7,check:0.3", "--thoughts"),
            (std::vector<double>{0, 0.7, 0, 0.3, 0, 0}));
  EXPECT_EQ(parse_check_weights("copy", "--checks"), (std::vector<double>{0, 0, 1, 0}));
}

TEST(Thought, AnUnknownStyleNamesTheKnownOnes) {
  expect_error<core::ConfigError>(
      [] { parse_thought_weights("recal:1", "--thoughts"); },
      "--thoughts: unknown style 'recal'; there are: direct, recall, derive, check, "
      "copy_check, pair_check");
  expect_error<core::ConfigError>([] { parse_check_weights("long", "--checks"); },
                                  "there are: none, plain, copy, pair");
}

}  // namespace
}  // namespace retrace::egoworld
