#include "data/option_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/egost_labels.h"

namespace retrace::data {
namespace {

using ::testing::ElementsAre;

TEST(SplitProblem, OptionsInOneLine) {
  const auto parts = split_problem(
      "Which way? Options: A. go left, then right, B. go right\n\nInstructions: Choose.");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->question, "Which way?");
  EXPECT_THAT(parts->options, ElementsAre("go left, then right", "go right"));
  EXPECT_EQ(parts->instruction, "Instructions: Choose.");
}

TEST(SplitProblem, OneOptionALine) {
  const auto parts = split_problem(
      "Which?\nOptions:\nA. left, straight\nB. right, C. Smith\nC. x\n\nInstructions: Choose.");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->question, "Which?");
  // The third letter after a comma counts as an option: Ego-ST writes them so.
  EXPECT_THAT(parts->options, ElementsAre("left, straight", "right", "Smith\nC. x"));
}

TEST(SplitProblem, LettersOutOfOrderBelongToTheOption) {
  const auto parts = split_problem("Q Options: A. the house of, C. Jones, B. D. Miller");
  ASSERT_TRUE(parts);
  EXPECT_THAT(parts->options, ElementsAre("the house of, C. Jones", "D. Miller"));
  EXPECT_EQ(parts->instruction, "");
}

TEST(SplitProblem, FindsNothingWhereThereIsNothing) {
  EXPECT_FALSE(split_problem(""));
  EXPECT_FALSE(split_problem("Describe the way. A. left"));
  EXPECT_FALSE(split_problem("Options:"));
  EXPECT_FALSE(split_problem("Options: B. left, C. right"));
}

TEST(WithOptions, ChangesOnlyTheOptions) {
  const std::string problem = "Q? Options: A. one, B. two, three, C. four\n\nInstructions: Choose.";
  EXPECT_EQ(with_options(problem, std::vector<std::string>{"one", "two, three", "four"}), problem);
  EXPECT_EQ(with_options(problem, std::vector<std::string>{"four", "one", "two, three"}),
            "Q? Options: A. four, B. one, C. two, three\n\nInstructions: Choose.");
}

TEST(NormalisedOption, DropsWhatTellsTheAuthor) {
  EXPECT_EQ(normalised_option(" Turn  left at\tthe TV. "), "turn left at the TV");
  EXPECT_EQ(normalised_option("turn left"), "turn left");
  EXPECT_EQ(normalised_option("...,"), "");
  EXPECT_EQ(normalised_option("TV on the wall"), "TV on the wall");
  EXPECT_EQ(normalised_option("A"), "a");
  EXPECT_EQ(normalised_option(normalised_option("A.B..")), normalised_option("A.B.."));
}

TEST(PythonList, ReadsBothQuotesAndEscapes) {
  EXPECT_THAT(*parse_python_list(R"(['a', "it's", 'b\'c', 'x, y'])"),
              ElementsAre("a", "it's", "b'c", "x, y"));
  EXPECT_TRUE(parse_python_list("[]")->empty());
  for (const char* bad : {"a, b", "['a'", "['a]", "[a]", "['a' 'b']", "", "["})
    EXPECT_FALSE(parse_python_list(bad)) << bad;
}

TEST(SourceOfVideo, FollowsTheFileName) {
  EXPECT_EQ(source_of_video("ADT_Lite_x.mp4"), "adt");
  EXPECT_EQ(source_of_video("AriaEverydayActivities_1.mp4"), "aea");
  EXPECT_EQ(source_of_video("Nymeria_1.mp4"), "nymeria");
  EXPECT_EQ(source_of_video("sun3d_7.mp4"), "sun3d");
  EXPECT_EQ(source_of_video("124.mp4"), "outdoor");
  EXPECT_EQ(source_of_video("walk.mp4"), "");
  EXPECT_EQ(source_of_video(".mp4"), "");
}

TEST(WithLetterList, NamesAsManyLettersAsThereAre) {
  const std::string text = "Return the option number (e.g. A, B, C or D).";
  EXPECT_EQ(with_letter_list(text, 3), "Return the option number (e.g. A, B or C).");
  EXPECT_EQ(with_letter_list(text, 2), "Return the option number (e.g. A or B).");
  EXPECT_EQ(with_letter_list(text, 1), "Return the option number (e.g. A).");
  EXPECT_EQ(with_letter_list(text, 4), text);
  EXPECT_EQ(with_letter_list(with_letter_list(text, 26), 4), text);
  EXPECT_EQ(with_letter_list("A or B? A, B or C!", 5), "A, B, C, D or E? A, B, C, D or E!");
  for (const char* other : {"Choose one option.", "Take A or Bus 3.", "DNA or B", ""})
    EXPECT_EQ(with_letter_list(other, 5), other);
}

}  // namespace
}  // namespace retrace::data
