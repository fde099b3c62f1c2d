// The release's verdicts beside the strict ones, and the same table on the page.
#include "reward/released_rewards.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "core/files.h"
#include "core/random.h"
#include "reward/format_reward.h"
#include "reward/letter_reward.h"

namespace retrace::reward {
namespace {

struct Row {
  std::string label;       // as on the page
  std::string completion;  // the right answer is A
  int released_letter, letter, released_format, format;
};

std::string thought_and(const std::string& answer) {
  return "<think>x</think> <answer>" + answer + "</answer>";
}

const std::string kTenKilobytes(10'000, 'A');

const std::vector<Row>& table() {
  static const std::vector<Row> rows = {
      {"`A`", thought_and("A"), 1, 1, 1, 1},
      {"` A. `", thought_and(" A. "), 1, 1, 1, 1},
      {"`B`", thought_and("B"), 0, 0, 1, 1},
      {"`Answer: C`", thought_and("Answer: C"), 1, 0, 1, 1},
      {"`(A)`", thought_and("(A)"), 0, 0, 1, 1},
      {"`a`", thought_and("a"), 0, 0, 1, 1},
      {"`All of these`", thought_and("All of these"), 1, 0, 1, 1},
      {"`A or B`", thought_and("A or B"), 1, 0, 1, 1},
      {"`Option A`", thought_and("Option A"), 0, 0, 1, 1},
      {"empty answer", thought_and(""), 0, 0, 1, 1},
      {"10 kB of `A`", thought_and(kTenKilobytes), 1, 0, 1, 1},
      {"two answer tags, `A` then `B`", thought_and("A") + "<answer>B</answer>", 1, 0, 1, 0},
      {"two answer tags, `B` then `A`", thought_and("B") + "<answer>A</answer>", 0, 0, 1, 0},
      {"`<answer>` inside `<answer>`", thought_and("<answer>A</answer>"), 0, 0, 1, 0},
      {"answer inside the thought", "<think><answer>A</answer></think>", 1, 1, 0, 0},
      {"no answer tag", "<think>x</think> A", 0, 0, 0, 0},
      {"no thought", "<answer>A</answer>", 1, 1, 0, 0},
      {"no closing tag", "<think>x</think> <answer>A", 0, 0, 0, 0},
      {"text before", "So: " + thought_and("A"), 1, 1, 0, 0},
      {"10 kB behind", thought_and("A") + kTenKilobytes, 1, 1, 1, 0},
      {"nothing at all", "", 0, 0, 0, 0}};
  return rows;
}

data::Sample sample_with(std::string solution, std::string answer = "A") {
  data::Sample sample;
  sample.solution = std::move(solution);
  sample.answer = std::move(answer);
  return sample;
}

std::optional<double> released(std::string_view completion, const data::Sample& sample) {
  return ReleasedLetterReward().score({completion, false, sample});
}

TEST(ParityTable, HoldsForTheRewards) {
  const data::Sample sample = sample_with(thought_and("A"));
  for (const Row& row : table()) {
    const RewardInput input{row.completion, false, sample};
    EXPECT_EQ(ReleasedLetterReward().score(input), row.released_letter) << row.label;
    EXPECT_EQ(StrictLetterReward().score(input), row.letter) << row.label;
    EXPECT_EQ(ReleasedFormatReward().score(input), row.released_format) << row.label;
    EXPECT_EQ(FormatReward().score(input), row.format) << row.label;
  }
}

TEST(ParityTable, IsThePages) {
  const std::string page = core::read_text_file(RETRACE_SOURCE_DIR "/docs/rewards.md");
  for (const Row& row : table()) {
    const std::string line =
        fmt::format("| {} | {} | {} | {} | {} |\n", row.label, row.released_letter, row.letter,
                    row.released_format, row.format);
    EXPECT_THAT(page, testing::HasSubstr(line));
  }
}

TEST(ReleasedLetter, ComparesFirstCharactersWithTheDemonstrations) {
  const data::Sample sample = sample_with("<think>x</think> <answer> C </answer>", "B");
  EXPECT_EQ(released("<answer>C</answer>", sample), 1.0);  // the demonstration's, not the sample's
  EXPECT_EQ(released("<answer>B</answer>", sample), 0.0);
  EXPECT_EQ(released("<answer>B</answer>", sample_with("", "B")), 1.0);
  EXPECT_EQ(released("<answer>\n Clearly not</answer>", sample), 1.0);
  const data::Sample accented = sample_with("<answer>\xC3\x84</answer>");
  EXPECT_EQ(released("<answer>\xC3\x84pfel</answer>", accented), 1.0);
  EXPECT_EQ(released("<answer>\xC3\x85</answer>", accented), 0.0);  // the same first byte only
}

TEST(ReleasedLetter, PaysForANumberOfTheDemonstration) {
  const data::Sample sample = sample_with("<think>turn 180 degrees</think> <answer>A</answer>");
  EXPECT_EQ(released("I turn 180.0 degrees <answer>B</answer>", sample), 1.0);
  EXPECT_EQ(released("180", sample), 1.0);
  EXPECT_EQ(released("I turn 90 degrees <answer>B</answer>", sample), 0.0);
  EXPECT_EQ(released("<answer>A</answer>", sample), 1.0);
}

TEST(ReleasedLetter, IsMissingWithoutARightAnswer) {
  EXPECT_EQ(released("<answer>A</answer>", sample_with("<think>x</think>", " ")), std::nullopt);
  EXPECT_NE(ReleasedLetterReward().why_unfit(sample_with("", "")), "");
  EXPECT_EQ(ReleasedLetterReward().why_unfit(sample_with("", "A")), "");
}

TEST(ReleasedFormat, AgreesWithTheRegularExpressionOnRandomTexts) {
  const std::regex expression(R"(^<think>[^]*?</think>\s*<answer>[^]*?</answer>)");
  constexpr std::array<std::string_view, 7> kTokens = {
      "<think>", "</think>", "<answer>", "</answer>", " ", "\n", "A"};
  core::RandomSequence random(core::RandomStream(1, "texts"));
  int num_matches = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::string text = random.chance(0.7) ? "<think>" : "";
    for (uint64_t i = random.below(9); i > 0; --i) text += kTokens[random.below(kTokens.size())];
    const bool expected =
        std::regex_search(text, expression, std::regex_constants::match_continuous);
    num_matches += expected ? 1 : 0;
    const data::Sample sample;
    ASSERT_EQ(ReleasedFormatReward().score({text, false, sample}), expected ? 1.0 : 0.0) << text;
  }
  EXPECT_GT(num_matches, 50);
}

}  // namespace
}  // namespace retrace::reward
