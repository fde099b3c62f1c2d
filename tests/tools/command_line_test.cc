#include "tools/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retrace::tools {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

enum class Size { kSmall, kLarge };

struct Parsed {
  std::optional<int> code;
  Size size = Size::kLarge;
  std::string colour = "red";
  std::string out, err;
};

Parsed parse(std::vector<std::string> words, bool prints = true) {
  Parsed parsed;
  CLI::App app("Paints.", "paint");
  add_choice(app, "--size", parsed.size, "of the brush",
             {{"small", Size::kSmall}, {"large", Size::kLarge}});
  app.add_option("--colour", parsed.colour, "of the paint")->check(one_of({"red", "blue"}));
  words.insert(words.begin(), "paint");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  CaptureStdout();
  CaptureStderr();
  parsed.code = parse_command_line(app, static_cast<int>(argv.size()), argv.data(), prints);
  parsed.out = GetCapturedStdout();
  parsed.err = GetCapturedStderr();
  return parsed;
}

TEST(CommandLine, NamesStandForValues) {
  const Parsed parsed = parse({"--size", "small", "--colour", "blue"});
  EXPECT_FALSE(parsed.code);
  EXPECT_EQ(parsed.size, Size::kSmall);
  EXPECT_EQ(parsed.colour, "blue");
  const Parsed nothing_asked = parse({});
  EXPECT_FALSE(nothing_asked.code);
  EXPECT_EQ(nothing_asked.size, Size::kLarge);
}

TEST(CommandLine, OtherNamesAreRefusedInOneSentence) {
  Parsed parsed = parse({"--size", "huge"});
  EXPECT_EQ(parsed.code, 2);
  EXPECT_THAT(parsed.err, StartsWith("--size: expected one of small, large; found 'huge'\n"));
  parsed = parse({"--size", "1"});  // no number stands for a value
  EXPECT_EQ(parsed.code, 2);
  parsed = parse({"--colour", "Red"});
  EXPECT_EQ(parsed.code, 2);
  EXPECT_THAT(parsed.err, StartsWith("--colour: expected one of red, blue; found 'Red'\n"));
}

TEST(CommandLine, HelpNamesTheChoicesAndTheDefault) {
  const Parsed parsed = parse({"--help"});
  EXPECT_EQ(parsed.code, 0);
  EXPECT_THAT(parsed.out, HasSubstr("{small,large}"));
  EXPECT_THAT(parsed.out, HasSubstr("=large"));
  EXPECT_THAT(parsed.out, HasSubstr("{red,blue}"));
}

TEST(CommandLine, OnlyOneRankPrints) {
  const Parsed help = parse({"--help"}, /*prints=*/false);
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.out, "");
  const Parsed wrong = parse({"--brush"}, /*prints=*/false);
  EXPECT_EQ(wrong.code, 2);
  EXPECT_EQ(wrong.err, "");
}

}  // namespace
}  // namespace retrace::tools
