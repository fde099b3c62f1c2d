#include "model/word_splitter.h"

#include <random>

#include "core/error.h"
#include "model/character_class.h"
#include "model/split_pattern.h"
#include "model/unicode_text.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using Words = std::vector<std::string_view>;

Words split_by_hand(std::string_view pattern, std::string_view text) {
  int64_t steps = 0;
  return WordSplitter(std::string(pattern), "file").split(text, steps);
}

// What PCRE2 and the tables agree on: they know different versions of Unicode.
bool is_known_alike(char32_t code_point) {
  static const RegexSplitter letter("\\p{L}", ""), number("\\p{N}", ""), mark("\\p{M}", ""),
      space("\\s", "");
  std::string text = ".";
  append_utf8(code_point, text);
  const auto matches = [&](const RegexSplitter& pattern) {
    int64_t steps = 0;
    return pattern.split(text, steps).size() == 2;
  };
  const int classes = (matches(letter) ? kLetter : 0) | (matches(number) ? kNumber : 0) |
                      (matches(mark) ? kMark : 0) | (matches(space) ? kSpace : 0);
  return classes == (classes_of(code_point) & (kLetter | kNumber | kMark | kSpace));
}

class RandomText {
 public:
  std::string next() {
    std::string text;
    const int length = pick(1, 40);
    const int kind = pick(0, 3);
    for (int i = 0; i < length; ++i) append_utf8(next_character(kind), text);
    return text;
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  char32_t next_character(int kind) {
    // Those that the alternatives of the patterns tell apart.
    static constexpr char32_t kTelling[] = {
        U' ',   U' ',     U'\n', U'\r',  U'\t',  U'\'',  U's',   U'T',   U'r',    U'E',
        U'l',   U'L',     U'v',  U'm',   U'd',   U'7',   U'!',   U'-',   0x85,    0xA0,
        0x17F,  0x301,    0x663, 0x2028, 0x3000, 0x4E2D, 0x180E, 0x200B, 0x1F600, 0xE9,
        0x212A, 0x10FFFF, 0x94D, 0xAC00, 0xBD,   0x2167, 0xFFFD, 0x0,    0x1F,    0x7F};
    if (kind < 2) return kTelling[pick(0, std::size(kTelling) - 1)];
    while (true) {
      const auto code_point = static_cast<char32_t>(pick(0, kind == 2 ? 0x33FF : 0x10FFFF));
      const bool surrogate = code_point >= 0xD800 && code_point < 0xE000;
      if (!surrogate && is_known_alike(code_point)) return code_point;
    }
  }

  std::mt19937 random_{1};
};

TEST(WordSplitter, ByHandAndByPcre2AreTheSame) {
  RandomText texts;
  for (const std::string_view pattern : {kQwenPattern, kQwenMarkPattern}) {
    const WordSplitter by_hand(std::string(pattern), "");
    const RegexSplitter by_regex(std::string(pattern), "");
    for (int i = 0; i < 20'000; ++i) {
      const std::string text = texts.next();
      int64_t steps = 0;
      ASSERT_EQ(by_hand.split(text, steps), by_regex.split(text, steps))
          << ::testing::PrintToString(text);
    }
  }
}

TEST(WordSplitter, ScriptsYoungerThanPcre2AreLettersAllTheSame) {
  // U+105C0 and U+105C1, letters since Unicode 16; U+10D40, a digit.
  EXPECT_EQ(split_by_hand(kQwenPattern, "\U000105C0\U000105C1\U00010D40"),
            (Words{"\U000105C0\U000105C1", "\U00010D40"}));
}

TEST(WordSplitter, MarksJoinWordsInTheMarkPatternOnly) {
  EXPECT_EQ(split_by_hand(kQwenPattern, "a\u094D\u094Db"), (Words{"a", "\u094D\u094D", "b"}));
  EXPECT_EQ(split_by_hand(kQwenMarkPattern, "a\u094D\u094Db"), (Words{"a\u094D\u094Db"}));
}

TEST(WordSplitter, TheLastSpaceOfARunGoesWithTheWordBehindIt) {
  EXPECT_EQ(split_by_hand(kQwenPattern, "a   b"), (Words{"a", "  ", " b"}));
  EXPECT_EQ(split_by_hand(kQwenPattern, "a   "), (Words{"a", "   "}));
  EXPECT_EQ(split_by_hand(kQwenPattern, " \n \n  7"), (Words{" \n \n", " ", " ", "7"}));
}

TEST(WordSplitter, EmptyTextHasNoWords) {
  EXPECT_EQ(split_by_hand(kQwenPattern, ""), Words());
}

}  // namespace
}  // namespace retrace::model
