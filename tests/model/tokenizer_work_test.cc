// The work of encoding is linear in the text, counted in steps: see EncodeStats.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "model/tokenizer.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

std::string repeated(std::string_view unit, size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

std::map<std::string, std::function<std::string(size_t)>> adversarial_texts() {
  const auto of = [](std::string unit) {
    return [unit](size_t size) { return repeated(unit, size); };
  };
  return {
      {"one letter", of("a")},
      {"spaces", of(" ")},
      {"spaces before a letter", [](size_t size) { return repeated(" ", size) + "a"; }},
      {"spaces, then line ends",
       [](size_t size) { return repeated(" ", size / 2) + repeated("\n", size / 2); }},
      {"spaces between line ends", of("\n          \n")},
      {"line ends", of("\n")},
      {"carriage returns", of("\r")},
      {"exclamation marks", of("!")},
      {"apostrophes", of("'")},
      {"digits", of("7")},
      {"one combining mark",
       [](size_t size) { return std::string("a").append(repeated("\xCC\x81", size)); }},
      {"combining marks out of order",
       [](size_t size) { return std::string("a").append(repeated("\xCC\x81\xCC\xA3", size)); }},
      {"Hangul parts", of("\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8")},
      {"invalid bytes", of("\xff")},
      {"characters cut short", of("\xF0\x9F\x98")},
      {"starts of an added token", of("<|im_start")},
      {"angle brackets", of("<")},
      {"added tokens", of("<|im_end|>")},
      {"many words", of("the fox turns <|im_end|> left, \xC3\xBC"
                        "ber\n")},
  };
}

int64_t total_steps(const Tokenizer& tokenizer, const std::string& text) {
  EncodeStats stats;
  EXPECT_GT(tokenizer.encode(text, &stats).size(), 0u);
  return stats.match_steps + stats.normalise_steps + stats.split_steps + stats.merge_steps;
}

TEST(TokenizerWork, IsLinearInTheTextWhateverTheTextIs) {
  constexpr size_t kSmall = 1 << 14, kLarge = 1 << 20;  // bytes
  // At the least: each byte once by every part.
  constexpr double kMaxStepsPerByte = 40;
  const Tokenizer tokenizer = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  for (const auto& [name, make] : adversarial_texts()) {
    SCOPED_TRACE(name);
    const int64_t small = total_steps(tokenizer, make(kSmall));
    const int64_t large = total_steps(tokenizer, make(kLarge));
    EXPECT_LE(static_cast<double>(large), kMaxStepsPerByte * kLarge);
    // The sort of marks compares log2(2^20 / 2^14) = 6 times more often for each mark.
    EXPECT_LE(static_cast<double>(large) / static_cast<double>(small),
              1.5 * static_cast<double>(kLarge) / kSmall);
  }
}

TEST(TokenizerWork, StepsAreCounted) {
  const Tokenizer tokenizer = Tokenizer::from_file(golden_file("text_tokenizer.json"));
  EncodeStats stats;
  tokenizer.encode("e\xCC\x81 tree", &stats);
  EXPECT_GE(stats.match_steps, 8);
  EXPECT_GE(stats.normalise_steps, 7);
  EXPECT_GE(stats.split_steps, 7);
  EXPECT_GE(stats.merge_steps, 2);
}

}  // namespace
}  // namespace retrace::model
