#include "tools/st_eval/letter_choice.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace retrace::st_eval {
namespace {

const std::vector<std::string> kOptions = {"left, right", "left, right, left", "right, left",
                                           "straight"};

struct Case {
  const char* text;
  const char* letter;  // "": unanswered
  LetterRule rule;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << "'" << c.text << "'";
}

class ChooseLetter : public testing::TestWithParam<Case> {};

TEST_P(ChooseLetter, FollowsTheRules) {
  const LetterChoice choice = choose_letter(GetParam().text, kOptions);
  EXPECT_EQ(choice.letter ? std::string(1, *choice.letter) : "", GetParam().letter);
  EXPECT_EQ(to_string(choice.rule), to_string(GetParam().rule));
}

constexpr auto kTag = LetterRule::kTag;
constexpr auto kPhrase = LetterRule::kPhrase;
constexpr auto kBracketed = LetterRule::kBracketed;
constexpr auto kLone = LetterRule::kLoneLetter;
constexpr auto kText = LetterRule::kOptionText;
constexpr auto kNone = LetterRule::kNone;

INSTANTIATE_TEST_SUITE_P(
    Tag, ChooseLetter,
    testing::Values(Case{"<think>B or D</think> <answer>C</answer>", "C", kTag},
                    Case{"<answer>C.</answer>", "C", kTag}, Case{"<answer> D </answer>", "D", kTag},
                    Case{"The answer is A. <answer>C</answer>", "C", kTag},
                    Case{"<answer>E</answer>", "", kNone},  // no such option
                    Case{"<answer>C</answer> <answer>C</answer>", "", kNone},
                    Case{"<answer>C</answer> <answer>D</answer>", "", kNone},
                    Case{"<answer></answer>", "", kNone},
                    Case{"<answer></answer> The answer is C.", "", kNone},
                    Case{"<answer>ABCD</answer>", "", kNone},
                    Case{"<answer>A, B</answer>", "", kNone},
                    Case{"<answer>c</answer>", "", kNone}));

// The released rule takes the first capital A to D anywhere.
INSTANTIATE_TEST_SUITE_P(
    NotTheFirstCapital, ChooseLetter,
    testing::Values(Case{"Based on the video, I cannot tell.", "", kNone},
                    Case{"Based on the video the answer is C.", "C", kPhrase},
                    Case{"Direction: A", "A", kLone},
                    Case{"Considering the turns, it stays unclear.", "", kNone},
                    Case{"Considering the turns.\n(D)", "D", kBracketed},
                    Case{"All of these", "", kNone}, Case{"A man walks past the Door.", "", kNone},
                    Case{"Camera B shows a Corridor.", "", kNone}));

INSTANTIATE_TEST_SUITE_P(
    FallBacks, ChooseLetter,
    testing::Values(
        Case{"The answer is C", "C", kPhrase}, Case{"the correct answer is: **B**.", "B", kPhrase},
        Case{"Answer: (D)", "D", kPhrase}, Case{"Answer: D. straight", "D", kPhrase},
        Case{"The answer is option B, right, left", "B", kPhrase},
        Case{"I choose D because of the turn.", "D", kPhrase},
        Case{"Option C is right.", "C", kPhrase}, Case{"The answer is A left turn", "", kNone},
        Case{"The answer is A because", "A", kPhrase}, Case{"The answer is A", "A", kPhrase},
        Case{"The answer is A. The answer is B.", "", kNone}, Case{"The answer is Cold", "", kNone},
        Case{"The answer is D'accord", "", kNone}, Case{"(C)", "C", kBracketed},
        Case{"It must be (C), not left.", "C", kBracketed}, Case{"Either (A) or (B).", "", kNone},
        Case{"(E)", "", kNone}, Case{"C", "C", kLone}, Case{" C.\n", "C", kLone},
        Case{"**C**", "C", kLone}, Case{"C. right, left", "C", kLone},
        Case{"C) right, left", "C", kLone}, Case{"We turn.\nB", "B", kLone},
        Case{"A\nB", "", kNone}, Case{"A. left\nB. right", "", kNone},
        Case{"we went right, left", "C", kText}, Case{"Straight!", "D", kText},
        Case{"we went left, right, left", "B", kText}, Case{"bright, left", "", kNone},
        Case{"", "", kNone}));

// One letter of a list is no choice, whichever stands first.
INSTANTIATE_TEST_SUITE_P(
    Several, ChooseLetter,
    testing::Values(Case{"The answer is B or C", "", kNone}, Case{"Answer: B, C", "", kNone},
                    Case{"The answer is B and D.", "", kNone},
                    Case{"Answer: (B) or (C)", "", kNone}, Case{"I choose A/B.", "", kNone},
                    Case{"The answer is **B** and **A**", "", kNone},
                    Case{"The answer is A, B, or C because of the turn", "", kNone},
                    Case{"The answer is option D or option A", "", kNone},
                    Case{"The answer is B, because we turn", "B", kPhrase},
                    Case{"The answer is B and we turn", "B", kPhrase},
                    Case{"Answer: B, Corridor", "B", kPhrase},
                    Case{"Answer: B or E", "B", kPhrase},  // no such option
                    Case{"Answer: B or B", "B", kPhrase}));

INSTANTIATE_TEST_SUITE_P(Region, ChooseLetter,
                         testing::Values(Case{"<answer>(B)</answer>", "B", kBracketed},
                                         Case{"<answer>The answer is B</answer>", "B", kPhrase},
                                         Case{"(A) <answer>right, left</answer>", "C", kText},
                                         Case{"<answer>B", "B", kLone},
                                         Case{"<think>The answer is A.</think> C", "C", kLone},
                                         Case{"<think>The answer is A.</think>", "", kNone},
                                         Case{"<think>The answer is A.", "", kNone}));

// Otherwise a model would score by which letter happens to be right.
TEST(ChooseLetterInASentence, ReadsAllLettersAlike) {
  for (const char letter : {'A', 'B', 'C', 'D'}) {
    for (const std::string_view text :
         {"Option {} is right.", "The answer is {} because we turn.",
          "The answer is {} as we turn.", "I choose {} since we turn.", "I select {} here.",
          "I pick {} left of it.", "Answer: {} left turn", "The correct choice is {} for sure.",
          "The answer is option {} then."}) {
      const std::string filled = fmt::format(fmt::runtime(text), letter);
      EXPECT_EQ(choose_letter(filled, kOptions).letter, letter) << filled;
    }
    const std::string prose = fmt::format("The answer is {} left turn", letter);
    EXPECT_EQ(choose_letter(prose, kOptions).letter, std::nullopt) << prose;
  }
}

TEST(ChooseLetterWithoutOptions, KnowsLettersUpToH) {
  EXPECT_EQ(choose_letter("<answer>H</answer>", {}).letter, 'H');
  EXPECT_EQ(choose_letter("<answer>I</answer>", {}).letter, std::nullopt);
  EXPECT_EQ(choose_letter("The answer is I think unclear", {}).letter, std::nullopt);
}

TEST(ChooseLetterOfLongText, EndsInTime) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "option ((( answer: ";
  EXPECT_EQ(choose_letter(text, kOptions).rule, LetterRule::kNone);
  EXPECT_EQ(choose_letter(text + "\nC", kOptions).letter, 'C');
}

TEST(AnswerText, IsTheRegion) {
  EXPECT_EQ(answer_text("<think>x</think> <answer> turn left </answer>"), "turn left");
  EXPECT_EQ(answer_text("<think>x</think> turn left"), "turn left");
  EXPECT_EQ(answer_text("<think>x"), "");
  EXPECT_EQ(answer_text("turn left"), "turn left");
}

}  // namespace
}  // namespace retrace::st_eval
