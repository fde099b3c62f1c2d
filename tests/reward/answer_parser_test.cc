#include "reward/answer_parser.h"

#include <gtest/gtest.h>

#include <array>
#include <regex>
#include <string>
#include <string_view>

namespace retrace::reward {
namespace {

int count(std::string_view text, std::string_view part) {
  int found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// The grammar once more, by regular expressions and counting.
std::optional<ParsedCompletion> reference_parse(const std::string& text) {
  static const std::regex grammar(
      R"(\s*<think>([^]*)</think>\s*<answer>\s*([^]*?)\s*</answer>\s*)");
  for (const char* tag : {"<think>", "</think>", "<answer>", "</answer>"}) {
    if (count(text, tag) != 1) return std::nullopt;
  }
  std::smatch match;
  if (!std::regex_match(text, match, grammar)) return std::nullopt;
  return ParsedCompletion{match[1], match[2]};
}

TEST(ParseStrict, TakesThinkAndAnswerApart) {
  const auto parsed = parse_strict("\n<think> left, then right </think> <answer> B.\n</answer>\n");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->think, " left, then right ");
  EXPECT_EQ(parsed->answer, "B.");
}

TEST(ParseStrict, AllowsEmptyTexts) {
  const auto parsed = parse_strict("<think></think><answer></answer>");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->think, "");
  EXPECT_EQ(parsed->answer, "");
}

TEST(ParseStrict, LeavesOtherMarkupAndUnicodeAlone) {
  const auto parsed = parse_strict(
      "<think>a < b <b>\xE5\xB7\xA6</b> <thin <answer</think><answer>\xC3\x84</answer>");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->think, "a < b <b>\xE5\xB7\xA6</b> <thin <answer");
  EXPECT_EQ(parsed->answer, "\xC3\x84");
}

TEST(ParseStrict, RefusesTextsOutsideTheGrammar) {
  for (const char* text : {
           "",
           "B",
           "<answer>B</answer>",                                     // no thought
           "<think>x</think>",                                       // no answer
           "<think>x</think><answer>B",                              // cut off
           "<think>x<answer>B</answer>",                             // thought never closed
           "<answer>B</answer><think>x</think>",                     // answer before thought
           "</think>x<think><answer>B</answer>",                     // closed before opened
           "<think>x</think></answer>B<answer>",                     //
           "<think>x<answer>B</answer></think>",                     // nested
           "<think><think>x</think></think><answer>B</answer>",      // nested thoughts
           "<think>x</think><answer><answer>B</answer></answer>",    // nested answers
           "<think>x</think><answer>A</answer><answer>B</answer>",   // two answers
           "<think>x</think><think>y</think><answer>B</answer>",     // two thoughts
           "<think>x <answer>A</answer></think><answer>B</answer>",  // hedge in the thought
           "Sure: <think>x</think><answer>B</answer>",               // leading text
           "<think>x</think> so <answer>B</answer>",                 // text between
           "<think>x</think><answer>B</answer> or C",                // trailing text
           "<think>x</think><answer>B</answer>.",                    //
           "<think>x</think>\xC2\xA0<answer>B</answer>",             // no-break space is text
           "<THINK>x</THINK><ANSWER>B</ANSWER>",                     // other case
           "< think>x</think><answer>B</answer>",                    //
           "<think >x</think><answer>B</answer>",                    //
       }) {
    EXPECT_FALSE(parse_strict(text)) << text;
  }
}

TEST(ParseStrict, TreatsZeroBytesAsText) {
  EXPECT_FALSE(parse_strict(std::string_view("<think>x</think><answer>B</answer>\0", 35)));
  const auto parsed = parse_strict(std::string_view("<think>\0</think><answer>B</answer>", 34));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->think, std::string(1, '\0'));
}

TEST(ParseStrict, AgreesWithRegularExpressionsOnEveryShortTokenString) {
  constexpr std::array<std::string_view, 6> kTokens = {"<think>",   "</think>", "<answer>",
                                                       "</answer>", " \n",      "B"};
  int num_accepted = 0;
  for (int length = 0; length <= 6; ++length) {
    int num_strings = 1;
    for (int i = 0; i < length; ++i) num_strings *= static_cast<int>(kTokens.size());
    for (int code = 0; code < num_strings; ++code) {
      std::string text;
      for (int rest = code, i = 0; i < length; ++i, rest /= static_cast<int>(kTokens.size())) {
        text += kTokens[static_cast<size_t>(rest) % kTokens.size()];
      }
      const auto parsed = parse_strict(text), expected = reference_parse(text);
      ASSERT_EQ(parsed.has_value(), expected.has_value()) << text;
      if (!parsed) continue;
      ++num_accepted;
      ASSERT_EQ(parsed->think, expected->think) << text;
      ASSERT_EQ(parsed->answer, expected->answer) << text;
    }
  }
  // White space fits in 5 places and "B" in 2, so n more tokens than the four tags fit in as many
  // ways as the coefficient of x^n in (1 - x)^-3 (1 - 2 x)^-2 = 1 + 7 x + 30 x^2 + ...
  EXPECT_EQ(num_accepted, 1 + 7 + 30);
}

TEST(ParseStrict, IsLinearOnHostileInput) {
  // Quadratic time would take a thousand seconds, more than a test may.
  std::string open, angle(1'000'000, '<'), almost;
  while (open.size() < 1'000'000) open += "<think>";
  while (almost.size() < 1'000'000) almost += "</answer";
  EXPECT_FALSE(parse_strict(open));
  EXPECT_FALSE(parse_strict(angle));
  EXPECT_FALSE(parse_strict(almost));
  EXPECT_FALSE(extract_letter(open));
  EXPECT_FALSE(extract_letter(almost));
  EXPECT_FALSE(extract_letter(angle));
  EXPECT_FALSE(parse_strict(std::string(1'000'000, ' ')));
  const auto parsed = parse_strict("<think>" + angle + "</think><answer>C</answer>");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->think.size(), angle.size());
}

TEST(AnswerLetter, IsExactlyOneCapitalLetterWithAnOptionalPeriod) {
  for (char letter = 'A'; letter <= 'Z'; ++letter) {
    EXPECT_EQ(answer_letter(std::string(1, letter)), letter);
    EXPECT_EQ(answer_letter(std::string(1, letter) + "."), letter);
  }
}

TEST(AnswerLetter, RefusesEverythingElse) {
  for (const char* text :
       {"",         "a",  "(A)", "A)", "A:",  "AB", "A B", "A or B",   "All of these", "Answer: A",
        "Option A", " A", "A ",  ".",  "A..", ".A", "1",   "\xC3\x84", "\xEF\xBC\xA1", "A\n",
        "*A*"}) {
    EXPECT_FALSE(answer_letter(text)) << text;
  }
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    EXPECT_EQ(answer_letter(text).has_value(), byte >= 'A' && byte <= 'Z') << byte;
  }
}

TEST(ExtractLetter, NeedsNoThought) {
  EXPECT_EQ(extract_letter("<answer>B</answer>"), 'B');
  EXPECT_EQ(extract_letter("I say <answer> C. </answer> and that is it"), 'C');
  EXPECT_EQ(extract_letter("<answer>A</answer><think>after"), 'A');
}

TEST(ExtractLetter, RefusesHedges) {
  for (const char* text :
       {"", "B", "<answer>B", "B</answer>", "</answer>B<answer>", "<answer></answer>",
        "<answer>A or B</answer>", "<answer>All of these</answer>", "<answer>(A)</answer>",
        "<answer>a</answer>", "<answer>A</answer><answer>A</answer>",
        "<answer>A</answer><answer>B</answer>", "<answer><answer>A</answer></answer>",
        "<answer>A</answer></answer>", "<answer>B <answer>A</answer>"}) {
    EXPECT_FALSE(extract_letter(text)) << text;
  }
}

TEST(ExtractLetter, AgreesWithTheStrictGrammarWhereThatHolds) {
  for (const char* answer : {"A", " B. ", "AB", "", "c"}) {
    const std::string text = std::string("<think>x</think> <answer>") + answer + "</answer>";
    EXPECT_EQ(extract_letter(text), answer_letter(parse_strict(text)->answer)) << text;
  }
}

}  // namespace
}  // namespace retrace::reward
