#include "tools/egoworld/question.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/egoworld/test_helpers.h"

namespace retrace::egoworld {
namespace {

using data::Task;
using data::TravelDirection;

TEST(Question, EachClipHasTheFourKindsInOrder) {
  const auto questions = make_questions(draw_route(1, 0, 3), 1, 0);
  const std::vector<std::pair<Task, TravelDirection>> expected = {
      {Task::kDirection, TravelDirection::kForward},
      {Task::kDirection, TravelDirection::kReverse},
      {Task::kLandmark, TravelDirection::kForward},
      {Task::kLandmark, TravelDirection::kReverse}};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(questions[i].task, expected[i].first);
    EXPECT_EQ(questions[i].direction, expected[i].second);
  }
}

TEST(Question, OptionsAreDistinctAndTheAnswerIsTheTruth) {
  for (int64_t junctions = kMinJunctions; junctions <= kMaxJunctions; ++junctions) {
    for (int64_t clip = 0; clip < 300; ++clip) {
      const Route route = draw_route(9, clip, junctions);
      const auto questions = make_questions(route, 9, clip);
      for (const Question& question : questions) {
        EXPECT_EQ(std::set(question.options.begin(), question.options.end()).size(), 4U);
        EXPECT_EQ(question.options.at(question.answer), question.truth);
      }
      EXPECT_EQ(questions[0].truth, words(route.turns));
      EXPECT_EQ(questions[1].truth, words(reversed_route(route.turns)));
      EXPECT_EQ(questions[2].truth, words(route.landmarks));
      EXPECT_EQ(questions[3].truth,
                WordSequence(questions[2].truth.rbegin(), questions[2].truth.rend()));
      EXPECT_EQ(questions[0].opposite, questions[1].truth);
      EXPECT_EQ(questions[3].opposite, questions[2].truth);
    }
  }
}

TEST(Question, BothDirectionsShareTheirOptionsSoThatComparingThemSaysNothing) {
  for (int64_t clip = 0; clip < 100; ++clip) {
    const auto questions = make_questions(draw_route(9, clip, 3), 9, clip);
    for (const size_t first : {0U, 2U}) {
      const auto& there = questions[first].options;
      const auto& back = questions[first + 1].options;
      EXPECT_EQ(std::multiset(there.begin(), there.end()), std::multiset(back.begin(), back.end()));
    }
  }
}

TEST(Question, LettersAreUniformForEachKind) {
  std::vector<std::vector<int64_t>> counts(4, std::vector<int64_t>(4, 0));
  for (int64_t clip = 0; clip < 4000; ++clip) {
    const auto questions = make_questions(draw_route(2, clip, 3), 2, clip);
    for (size_t kind = 0; kind < 4; ++kind) ++counts[kind][questions[kind].answer];
  }
  for (const std::vector<int64_t>& letters : counts) {
    EXPECT_LT(chi_square_uniform(letters), 16.27);  // 3 degrees of freedom, p = 0.001
  }
}

TEST(Question, ProblemIsWordedAsPinned) {
  Question question;
  question.options = {
      {"left", "straight"}, {"straight", "right"}, {"right", "straight"}, {"straight", "left"}};
  EXPECT_EQ(
      problem_text(question),
      "Which turns lead to the destination?\nOptions:\nA. left, straight\nB. straight, right\n"
      "C. right, straight\nD. straight, left\n\nInstructions: Choose one option.");
  question.direction = TravelDirection::kReverse;
  EXPECT_TRUE(problem_text(question).starts_with("Which turns lead back to the start?\n"));
  question.task = Task::kLandmark;
  EXPECT_TRUE(problem_text(question).starts_with(
      "Which landmarks are passed on the way back to the start?\n"));
  question.direction = TravelDirection::kForward;
  EXPECT_TRUE(problem_text(question).starts_with(
      "Which landmarks are passed on the way to the destination?\n"));
}

TEST(Question, IsAPureFunctionOfSeedAndClip) {
  const Route route = draw_route(4, 8, 3);
  const auto first = make_questions(route, 4, 8);
  const auto again = make_questions(route, 4, 8);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(problem_text(first[i]), problem_text(again[i]));
  EXPECT_NE(problem_text(first[2]), problem_text(make_questions(route, 4, 9)[2]));
}

}  // namespace
}  // namespace retrace::egoworld
