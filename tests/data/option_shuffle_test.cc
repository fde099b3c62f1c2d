#include "data/option_shuffle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "core/error.h"
#include "data/pair_index.h"
#include "tests/data/error_text.h"

namespace retrace::data {
namespace {

using test::error_text;
using ::testing::HasSubstr;

Sample three_options() {
  Sample sample;
  sample.index = 4;
  sample.problem =
      "Which? Options: A. left, B. right, then left, C. straight\n\nInstructions: Choose.";
  sample.options = {"left", "right, then left", "straight"};
  sample.answer = 'B';
  sample.solution =
      "<think>A short walk. A: no. B: yes. Hence, the correct answer is B</think> "
      "<answer>B</answer>";
  return sample;
}

TEST(OptionShuffle, PutsEveryPartInTheNewOrder) {
  const Sample moved = with_option_order(three_options(), std::array<size_t, 3>{1, 2, 0});
  EXPECT_EQ(moved.problem,
            "Which? Options: A. right, then left, B. straight, C. left\n\nInstructions: Choose.");
  EXPECT_EQ(moved.answer, "A");
  EXPECT_EQ(moved.solution,
            "<think>A short walk. C: no. A: yes. Hence, the correct answer is A</think> "
            "<answer>A</answer>");
}

TEST(OptionShuffle, KeepsTheAnswersTextAndIsUniform) {
  const Sample sample = three_options();
  core::RandomSequence random(core::RandomStream(7, "test"));
  constexpr int kDraws = 6000;
  std::map<std::string, int> orders;
  for (int i = 0; i < kDraws; ++i) {
    const Sample moved = with_shuffled_options(sample, random);
    ASSERT_EQ(right_option(moved), "right, then left");
    ASSERT_THAT(moved.solution, HasSubstr("answer is " + moved.answer));
    ++orders[moved.problem];
  }
  ASSERT_EQ(orders.size(), 6U);
  // 5 standard deviations of a binomial count.
  for (const auto& [problem, count] : orders) EXPECT_NEAR(count, kDraws / 6, 145) << problem;
}

TEST(RightIndex, IsNothingWhereTheAnswerNamesNoOption) {
  Sample sample = three_options();
  EXPECT_EQ(right_index(sample), 1U);
  for (const char* answer : {"", "D", "AB", "a", "1", " ", "\xC3"}) {
    sample.answer = answer;
    EXPECT_EQ(right_index(sample), std::nullopt) << answer;
    EXPECT_EQ(right_option(sample), "") << answer;
    EXPECT_EQ(with_option_order(sample, std::array<size_t, 3>{1, 2, 0}).answer, answer);
  }
  EXPECT_EQ(right_index(Sample{}), std::nullopt);
}

TEST(OptionShuffle, TwoOrdersInARowAreOne) {
  const std::array<size_t, 3> order = {2, 0, 1}, inverse = {1, 2, 0};
  const Sample sample = three_options();
  const Sample back = with_option_order(with_option_order(sample, order), inverse);
  EXPECT_EQ(back.problem, sample.problem);
  EXPECT_EQ(back.solution, sample.solution);
  EXPECT_EQ(back.answer, sample.answer);
}

TEST(OptionShuffle, RefusesLettersItCannotPlace) {
  Sample sample = three_options();
  sample.solution = "<think>B straight, right: no.</think> <answer>B</answer>";
  const std::array<size_t, 3> order = {2, 0, 1};
  EXPECT_THAT(error_text<core::DataError>([&] { with_option_order(sample, order); }),
              HasSubstr("sample 4: field 'solution': cannot follow a new order"));
  sample = three_options();
  sample.problem = "Which?";
  EXPECT_THAT(error_text<core::DataError>([&] { with_option_order(sample, order); }),
              HasSubstr("expected its 3 options after 'Options:'"));
}

TEST(OptionShuffle, LeavesOpenQuestionsAlone) {
  Sample sample;
  sample.problem = "Describe the way.";
  sample.answer = "Go left.";
  core::RandomSequence random(core::RandomStream(7, "test"));
  EXPECT_EQ(with_shuffled_options(sample, random).answer, "Go left.");
}

}  // namespace
}  // namespace retrace::data
