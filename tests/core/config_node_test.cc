#include "core/config_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"
#include "core/files.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

ConfigNode parse(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  return ConfigNode::from_string(yaml, "recipe.yaml", overrides);
}

template <class T>
T read(std::string_view yaml, T value) {
  ConfigNode node = parse(yaml);
  node.read("x", value);
  node.finish();
  return value;
}

template <class T>
std::string read_error(std::string_view yaml) {
  return config_error_of([&] { read(yaml, T{}); });
}

// ------------------------------------------------------------------------------------------------
// Values
// ------------------------------------------------------------------------------------------------

TEST(ConfigNode, AbsentKeysKeepTheirDefaults) {
  EXPECT_EQ(read<int64_t>("", 7), 7);
  EXPECT_EQ(read<std::string>("# nothing but a comment", "kept"), "kept");
  EXPECT_THAT((read<std::vector<double>>("{}", {1.5})), ElementsAre(1.5));
}

TEST(ConfigNode, EveryTypeIsRead) {
  EXPECT_TRUE(read("x: true", false));
  EXPECT_EQ(read<int64_t>("x: -12", 0), -12);
  EXPECT_EQ(read<int64_t>("x: +12", 0), 12);
  EXPECT_EQ(read<int64_t>("x: -9223372036854775808", 0), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(read<uint64_t>("x: 18446744073709551615", 0), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(read("x: 1e-6", 0.0), 1e-6);
  EXPECT_EQ(read("x: 3", 0.0), 3.0);
  EXPECT_EQ(read("x: .5", 0.0), 0.5);
  EXPECT_EQ(read("x: -.inf", 0.0), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(read<std::string>("x: a text - no", ""), "a text - no");
}

TEST(ConfigNode, TextIsTakenAsItIsWritten) {
  EXPECT_EQ(read<std::string>("x: 007", ""), "007");
  EXPECT_EQ(read<std::string>("x: yes", ""), "yes");
  EXPECT_EQ(read<std::string>("x: 'null'", ""), "null");
  EXPECT_EQ(read<std::string>("x: \"two\\nlines\"", ""), "two\nlines");
  EXPECT_EQ(read<std::filesystem::path>("x: videos/a b.mp4", ""), "videos/a b.mp4");
}

TEST(ConfigNode, ListsAreRead) {
  EXPECT_THAT((read<std::vector<std::string>>("x: [a, 'b c', 3]", {})),
              ElementsAre("a", "b c", "3"));
  EXPECT_THAT((read<std::vector<int64_t>>("x:\n  - 1\n  - 2", {9})), ElementsAre(1, 2));
  EXPECT_THAT((read<std::vector<double>>("x: []", {9.0})), IsEmpty());
}

TEST(ConfigNode, WrongTypesAreErrorsWithPathValueAndLine) {
  EXPECT_THAT(read_error<int64_t>("# head\nx: 1.5"),
              HasSubstr("recipe.yaml: x: expected an integer, found '1.5' (line 2)"));
  EXPECT_THAT(read_error<int64_t>("x: 1e3"), HasSubstr("expected an integer, found '1e3'"));
  EXPECT_THAT(read_error<int64_t>("x: 010"), HasSubstr("expected an integer, found '010'"));
  EXPECT_THAT(read_error<int64_t>("x: 9223372036854775808"), HasSubstr("expected an integer"));
  EXPECT_THAT(read_error<int64_t>("x: '3'"), HasSubstr("found '3' in quotes"));
  EXPECT_THAT(read_error<int64_t>("x:"), HasSubstr("expected an integer, found nothing"));
  EXPECT_THAT(read_error<uint64_t>("x: -1"),
              HasSubstr("expected an integer of at least 0, found '-1'"));
  EXPECT_THAT(read_error<bool>("x: yes"), HasSubstr("expected true or false, found 'yes'"));
  EXPECT_THAT(read_error<bool>("x: 1"), HasSubstr("expected true or false, found '1'"));
  EXPECT_THAT(read_error<std::string>("x: [a]"), HasSubstr("expected text, found a list of 1"));
  EXPECT_THAT(read_error<std::string>("x: {a: 1}"), HasSubstr("expected text, found a section"));
}

TEST(ConfigNode, NumbersThatAreNoneAreErrors) {
  for (const char* text : {"nan", ".nan", "inf", "infinity", "1,5", "0x10", "1e", "1e999", "--1",
                           "+-1", "1.5.2", "1_000"}) {
    EXPECT_THAT(read_error<double>(std::string("x: ") + text),
                HasSubstr("expected a number, found"))
        << text;
  }
}

TEST(ConfigNode, ListErrorsNameTheItem) {
  EXPECT_THAT(read_error<std::vector<int64_t>>("x: [1, b]"),
              HasSubstr("recipe.yaml: x[1]: expected an integer, found 'b'"));
  EXPECT_THAT(read_error<std::vector<double>>("x: 3"),
              HasSubstr("x: expected a list in brackets (each a number), found '3'"));
}

TEST(ConfigNode, ErrorsAreOneLineWhateverTheValue) {
  const std::string message = read_error<double>("x: \"" + std::string(5000, 'a') + "\\n\\tb\"");
  EXPECT_THAT(message, AllOf(Not(HasSubstr("\n")), HasSubstr("...")));
  EXPECT_LT(message.size(), 200u);
  EXPECT_THAT(read_error<double>("x: |\n  a\n  b\n"), HasSubstr("found 'a\\nb\\n'"));
}

// ------------------------------------------------------------------------------------------------
// Choices
// ------------------------------------------------------------------------------------------------

enum class Aggregation { kToken, kSequence };

Aggregation read_aggregation(std::string_view yaml) {
  ConfigNode node = parse(yaml);
  Aggregation value = Aggregation::kSequence;
  node.read_choice("x", value,
                   {{"token", Aggregation::kToken}, {"sequence", Aggregation::kSequence}});
  node.finish();
  return value;
}

TEST(ConfigNode, ChoicesAreReadByNameAndKeepTheirDefault) {
  EXPECT_EQ(read_aggregation("x: token"), Aggregation::kToken);
  EXPECT_EQ(read_aggregation(""), Aggregation::kSequence);
}

TEST(ConfigNode, UnknownChoicesListTheNames) {
  EXPECT_THAT(
      config_error_of([] { read_aggregation("x: tokens"); }),
      HasSubstr(
          "x: expected one of token, sequence; found 'tokens'; did you mean 'token'? (line 1)"));
  EXPECT_THAT(config_error_of([] { read_aggregation("x: zebra"); }),
              AllOf(HasSubstr("expected one of token, sequence"), Not(HasSubstr("did you mean"))));
  EXPECT_THAT(config_error_of([] { read_aggregation("x: [token]"); }), HasSubstr("expected text"));
}

// ------------------------------------------------------------------------------------------------
// Sections and unknown keys
// ------------------------------------------------------------------------------------------------

TEST(ConfigNode, SectionsGiveFullPaths) {
  ConfigNode root = parse("grpo:\n  sampling:\n    temperature: hot\n");
  ConfigNode sampling = root.section("grpo").section("sampling");
  EXPECT_EQ(sampling.where(), "recipe.yaml: grpo.sampling");
  EXPECT_EQ(root.where(), "recipe.yaml");
  double temperature = 1;
  EXPECT_THAT(
      config_error_of([&] { sampling.read("temperature", temperature); }),
      HasSubstr("recipe.yaml: grpo.sampling.temperature: expected a number, found 'hot' (line 3)"));
}

TEST(ConfigNode, AbsentAndEmptySectionsAreEmpty) {
  for (const char* yaml : {"", "grpo:", "grpo: {}"}) {
    ConfigNode root = parse(yaml);
    ConfigNode grpo = root.section("grpo");
    EXPECT_FALSE(grpo.has("x"));
    grpo.finish();
    root.finish();
  }
  EXPECT_THAT(config_error_of([] { parse("grpo: 3").section("grpo"); }),
              HasSubstr("grpo: expected a section of 'key: value' lines, found '3'"));
}

TEST(ConfigNode, UnknownKeysNameTheNearestKnownOne) {
  ConfigNode root = parse("grpo:\n  group_size: 8\n  lerning_rate: 1\n");
  ConfigNode grpo = root.section("grpo");
  int64_t group_size = 0;
  double learning_rate = 0;
  grpo.read("group_size", group_size);
  grpo.read("learning_rate", learning_rate);
  EXPECT_EQ(config_error_of([&] { grpo.finish(); }),
            "recipe.yaml: grpo.lerning_rate: unknown key; did you mean 'learning_rate'? (line 3)");
  root.finish();
}

TEST(ConfigNode, UnknownKeysFarFromAllListTheKnownOnes) {
  ConfigNode root = parse("zebra: 1");
  int64_t value = 0;
  root.read("alpha", value);
  root.read("beta", value);
  EXPECT_THAT(config_error_of([&] { root.finish(); }),
              HasSubstr("zebra: unknown key; known keys: alpha, beta"));
  EXPECT_THAT(config_error_of([] { parse("zebra: 1").finish(); }),
              HasSubstr("no keys are known here"));
}

TEST(ConfigNode, HasDoesNotCountAsReading) {
  ConfigNode root = parse("x: 1");
  EXPECT_TRUE(root.has("x"));
  EXPECT_FALSE(root.has("y"));
  EXPECT_THAT(config_error_of([&] { root.finish(); }), HasSubstr("x: unknown key"));
}

TEST(ConfigNode, SectionListsNameTheirItems) {
  ConfigNode root = parse("rewards:\n  - name: accuracy\n  - name: format\n    wieght: 2\n");
  std::vector<ConfigNode> rewards = root.section_list("rewards");
  ASSERT_EQ(rewards.size(), 2u);
  std::vector<std::string> names(2);
  double weight = 1;
  for (size_t i = 0; i < 2; ++i) {
    rewards[i].read("name", names[i]);
    rewards[i].read("weight", weight);
  }
  rewards[0].finish();
  EXPECT_THAT(names, ElementsAre("accuracy", "format"));
  EXPECT_THAT(config_error_of([&] { rewards[1].finish(); }),
              HasSubstr("rewards[1].wieght: unknown key; did you mean 'weight'? (line 4)"));
  EXPECT_THAT(parse("").section_list("rewards"), IsEmpty());
  EXPECT_THAT(config_error_of([] { parse("rewards: {a: 1}").section_list("rewards"); }),
              HasSubstr("rewards: expected a list of sections ([] for none), found a section"));
  EXPECT_THAT(config_error_of([] { parse("rewards: [3]").section_list("rewards"); }),
              HasSubstr("rewards[0]: expected a section"));
}

TEST(ConfigNode, RequireGivesSentenceValueAndOrigin) {
  ConfigNode root = parse("a: -1", {"b=-2"});
  double a = 0, b = 0, c = -3;
  root.read("a", a);
  root.read("b", b);
  root.read("c", c);
  EXPECT_EQ(config_error_of([&] { root.require(a > 0, "a", "must be above 0", a); }),
            "recipe.yaml: a: must be above 0, is -1 (line 1)");
  EXPECT_EQ(config_error_of([&] { root.require(b > 0, "b", "must be above 0", b); }),
            "recipe.yaml: b: must be above 0, is -2 (override 'b=-2')");
  EXPECT_EQ(config_error_of([&] { root.require(c > 0, "c", "must be above 0", c); }),
            "recipe.yaml: c: must be above 0, is -3 (the default)");
  root.require(true, "a", "is never seen", a);
}

TEST(ConfigNode, ADefaultThatNoRecipeCouldWriteIsABug) {
  EXPECT_THROW(read("", std::numeric_limits<double>::quiet_NaN()), InternalError);
}

}  // namespace
}  // namespace retrace::core
