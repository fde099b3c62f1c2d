// Demonstrations of reverse thinking, read back as a reward reads them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>

#include "core/error.h"
#include "core/random.h"
#include "data/open_steps.h"
#include "data/option_shuffle.h"
#include "data/option_text.h"
#include "data/reverse_thought.h"
#include "reward/answer_parser.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr TravelDirection kBothDirections[] = {TravelDirection::kForward,
                                               TravelDirection::kReverse};

Sample choice(Task task, TravelDirection direction) {
  Sample sample;
  sample.index = 7;
  sample.options = {"turn left, turn right", "walk to Building B", "go straight, return"};
  sample.question = "Which?";
  sample.problem =
      "Which? Options: A. turn left, turn right, B. walk to Building B, C. go straight, return";
  sample.solution = "<think>x</think> <answer>C</answer>";
  sample.answer = "C";
  sample.opposite = "Go straight, return";
  sample.task = task;
  sample.direction = direction;
  return sample;
}

bool has_lone_capital(std::string_view text, size_t num_options) {
  const auto is_word = [&](size_t i) {
    return i < text.size() && std::isalnum(static_cast<unsigned char>(text[i])) != 0;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] >= 'A' && text[i] < option_letter(num_options) && !is_word(i + 1) &&
        (i == 0 || !is_word(i - 1)))
      return true;
  }
  return false;
}

TEST(ReverseThought, FitsEveryPairOfTaskAndDirection) {
  for (const Task task : {Task::kDirection, Task::kLandmark, Task::kAction}) {
    for (const TravelDirection direction : kBothDirections) {
      const Sample sample = choice(task, direction);
      const auto parsed = reward::parse_strict(solution_in_form(sample, ThoughtForm::kReverse));
      ASSERT_TRUE(parsed);
      EXPECT_EQ(parsed->answer, "C");
      const bool is_forward = direction == TravelDirection::kForward;
      EXPECT_THAT(parsed->think,
                  StartsWith(is_forward ? "First the way back" : "First the way there"));
      EXPECT_THAT(parsed->think, HasSubstr(is_forward ? "Now the way there" : "Now the way back"));
      const auto names = [&](std::string_view noun) {
        return parsed->think.find(noun) != std::string::npos;
      };
      EXPECT_EQ(names("directions to take"), task == Task::kDirection);
      EXPECT_EQ(names("landmarks"), task == Task::kLandmark);
      EXPECT_EQ(names("actions"), task == Task::kAction);
      EXPECT_THAT(parsed->think, HasSubstr(sample.opposite + "."));
      EXPECT_THAT(parsed->think, HasSubstr("the answer is C"));
    }
  }
}

TEST(ReverseThought, OpenFormNeitherNamesALetterNorGivesTheAnswerAway) {
  core::RandomSequence random(core::RandomStream(1, "open form"));
  const std::vector<std::string> words = {"left", "right", "A", "door", "turn", "Room B", "sofa"};
  const auto text = [&](uint64_t num_steps) {
    std::string steps;
    for (uint64_t i = 0; i < num_steps; ++i)
      steps += (i == 0 ? "" : ", ") + words[random.below(words.size())] + " " +
               words[random.below(words.size())];
    return steps;
  };
  for (int trial = 0; trial < 500; ++trial) {
    Sample sample = choice(Task::kLandmark, kBothDirections[trial % 2]);
    sample.options = {text(1 + trial % 3), text(2), text(3)};
    sample.opposite = trial % 3 == 0 ? sample.options[2] : text(2 + trial % 4);
    const std::string solution = solution_in_form(sample, ThoughtForm::kReverseOpen);
    EXPECT_EQ(solution, solution_in_form(sample, ThoughtForm::kReverseOpen));
    const auto parsed = reward::parse_strict(solution);
    ASSERT_TRUE(parsed) << solution;
    EXPECT_EQ(parsed->answer, "C");
    EXPECT_FALSE(has_lone_capital(parsed->think, 3)) << parsed->think;
    std::string steps;
    for (const std::string& step : open_steps(sample)) steps += step + " ";
    EXPECT_FALSE(gives_answer_away(sample, steps)) << steps;
  }
}

TEST(ReverseThought, OpenFormKeepsWhatGivesNothingAway) {
  Sample sample = choice(Task::kDirection, TravelDirection::kReverse);
  sample.opposite = "turn left, turn right";  // nearer to a wrong option
  EXPECT_THAT(open_steps(sample), ::testing::ElementsAre("turn left", "turn right"));
  sample.opposite = "Go straight, return";
  EXPECT_THAT(open_steps(sample), ::testing::ElementsAre("keep on", "come back"));
  sample.options[2] = "blue sofa, door";
  sample.opposite = "blue sofa, window";  // no other words for these
  EXPECT_THAT(open_steps(sample), ::testing::ElementsAre("...", "window"));
}

TEST(ReverseThought, OpenFormLeavesOneGapForStepsInARow) {
  Sample sample = choice(Task::kLandmark, TravelDirection::kReverse);
  sample.options[2] = "blue sofa, door, lamp";
  sample.opposite = "lamp, door, blue sofa, window";
  EXPECT_THAT(open_steps(sample), ::testing::ElementsAre("...", "...", "...", "window"));
  EXPECT_THAT(solution_in_form(sample, ThoughtForm::kReverseOpen),
              HasSubstr("passed by: ..., then window. Now"));
}

TEST(ReverseThought, AnswersAlone) {
  const Sample sample = choice(Task::kAction, TravelDirection::kForward);
  EXPECT_EQ(solution_in_form(sample, ThoughtForm::kAnswerOnly), "<answer>C</answer>");
  EXPECT_EQ(solution_in_form(sample, ThoughtForm::kFile), sample.solution);
}

TEST(ReverseThought, OpenQuestionsEndWithTheAnnotatedAnswer) {
  Sample sample = choice(Task::kRoute, TravelDirection::kReverse);
  sample.options.clear();
  sample.opposite = "Walk past the sofa, then turn left.";
  sample.answer = "Turn right, then walk past the sofa.";
  for (const ThoughtForm form : {ThoughtForm::kReverse, ThoughtForm::kReverseOpen}) {
    const auto parsed = reward::parse_strict(solution_in_form(sample, form));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->answer, sample.answer);
    EXPECT_THAT(parsed->think, AllOf(HasSubstr(sample.opposite), HasSubstr("the route"),
                                     Not(HasSubstr("answer"))));
  }
}

TEST(ReverseThought, FollowsAnotherOrderOfTheOptions) {
  Sample sample = choice(Task::kDirection, TravelDirection::kForward);
  for (const ThoughtForm form :
       {ThoughtForm::kReverse, ThoughtForm::kReverseOpen, ThoughtForm::kAnswerOnly}) {
    sample.solution = solution_in_form(sample, form);
    const std::vector<size_t> order = {2, 0, 1};
    const Sample moved = with_option_order(sample, order);
    EXPECT_EQ(moved.answer, "A");
    EXPECT_EQ(moved.solution, solution_in_form(moved, form));
  }
}

TEST(ReverseThought, NamesTheSampleItCannotWriteFor) {
  const auto error = [](const Sample& sample) {
    return test::error_text<core::DataError>(
        [&] { static_cast<void>(solution_in_form(sample, ThoughtForm::kReverse)); });
  };
  Sample sample = choice(Task::kDirection, TravelDirection::kForward);
  sample.opposite.clear();
  EXPECT_THAT(error(sample), AllOf(HasSubstr("sample 7"), HasSubstr("the other direction")));
  sample = choice(Task::kUnknown, TravelDirection::kForward);
  EXPECT_THAT(error(sample), HasSubstr("its task"));
  sample = choice(Task::kAction, TravelDirection::kUnknown);
  EXPECT_THAT(error(sample), HasSubstr("its direction"));
  sample = choice(Task::kAction, TravelDirection::kForward);
  sample.opposite = "walk </think> on";
  EXPECT_THAT(error(sample), HasSubstr("</think>"));
  sample.opposite = "walk on";
  sample.answer.clear();
  EXPECT_THAT(error(sample), HasSubstr("answer"));
}

TEST(ReverseThought, FallsBackToTheAnswerWhereAsked) {
  std::vector<Sample> samples(2, choice(Task::kAction, TravelDirection::kForward));
  samples[1].opposite.clear();
  EXPECT_EQ(set_solutions(samples, ThoughtForm::kReverse, ThoughtFallback::kAnswerOnly), 1u);
  EXPECT_THAT(samples[0].solution, HasSubstr("<think>"));
  EXPECT_EQ(samples[1].solution, "<answer>C</answer>");
}

}  // namespace
}  // namespace retrace::data
