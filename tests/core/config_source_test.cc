// Where recipes come from (files, YAML, overrides) and what is written back (the resolved recipe).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/config_node.h"
#include "core/edit_distance.h"
#include "core/error.h"
#include "core/files.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

ConfigNode parse(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  return ConfigNode::from_string(yaml, "recipe.yaml", overrides);
}

std::string parse_error(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  return config_error_of([&] { parse(yaml, overrides); });
}

// ------------------------------------------------------------------------------------------------
// Files and YAML
// ------------------------------------------------------------------------------------------------

class ConfigFile : public TemporaryFolderTest {};

TEST_F(ConfigFile, IsReadAndNamedInErrors) {
  const std::filesystem::path file = folder_ / "run.yaml";
  write_file_atomically(file, "x: 3\ny: 4\n");
  ConfigNode node = ConfigNode::from_file(file, std::vector<std::string>{"y=5"});
  int64_t x = 0, y = 0;
  node.read("x", x);
  EXPECT_THAT(config_error_of([&] { node.finish(); }),
              HasSubstr(file.string() + ": y: unknown key"));
  node.read("y", y);
  node.finish();
  EXPECT_EQ(x, 3);
  EXPECT_EQ(y, 5);
}

TEST_F(ConfigFile, MissingOrAFolderIsAConfigError) {
  EXPECT_THAT(config_error_of([&] { ConfigNode::from_file(folder_ / "none.yaml"); }),
              HasSubstr("none.yaml: cannot be read: No such file"));
  EXPECT_THAT(config_error_of([&] { ConfigNode::from_file(folder_); }),
              HasSubstr("Is a directory"));
}

TEST(ConfigYaml, SyntaxErrorsGiveLineAndColumn) {
  EXPECT_THAT(parse_error("a: 1\nb: [1, 2\nc: 3\n"),
              AllOf(HasSubstr("recipe.yaml: bad YAML"), HasSubstr("line ")));
  EXPECT_THAT(parse_error("a: *nobody"), HasSubstr("bad YAML"));
  EXPECT_THAT(parse_error("a: \"open"), HasSubstr("bad YAML"));
}

TEST(ConfigYaml, DuplicateKeysAreErrorsAtEveryDepth) {
  EXPECT_EQ(parse_error("a: 1\nb: 2\na: 3\n"),
            "recipe.yaml: duplicate key 'a', already given at line 1 (line 3)");
  EXPECT_THAT(parse_error("grpo:\n  rewards:\n    - name: x\n      name: y\n"),
              HasSubstr("duplicate key 'name'"));
  EXPECT_THAT(parse_error("", {"a={b: 1, b: 2}"}),
              HasSubstr("override 'a={b: 1, b: 2}': duplicate key 'b'"));
}

TEST(ConfigYaml, RootsThatAreNoSectionAreErrors) {
  EXPECT_THAT(parse_error("[1, 2]"),
              HasSubstr("recipe.yaml: expected sections of 'key: value' lines, found a list of 2"));
  EXPECT_THAT(parse_error("just words"), HasSubstr("found 'just words'"));
  EXPECT_THAT(parse_error("a: 1\n---\na: 2\n"),
              HasSubstr("expected one YAML document, found the start of another"));
  EXPECT_THAT(parse_error("[1, 2]: 3"), HasSubstr("a key must be a word"));
  EXPECT_THAT(parse_error("a: !env HOME"), HasSubstr("the tag '!env' is not supported"));
}

TEST(ConfigYaml, StrayCharactersBetweenDocumentsAreErrors) {
  for (const char* yaml : {",", "]", "a: 1\n]\n", "{a: 1} }", ",#]~*.", "a: 1\n...\n,"}) {
    EXPECT_THAT(parse_error(yaml), HasSubstr("recipe.yaml: ")) << yaml;
  }
  EXPECT_THAT(parse_error(","), HasSubstr("or the stray character (line 1, column 1)"));
}

TEST(ConfigYaml, AliasesThatExplodeAreErrors) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int level = 1; level < 9; ++level) {
    bomb += fmt::format("a{}: &a{} [", level, level);
    for (int i = 0; i < 10; ++i) bomb += fmt::format("*a{},", level - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(parse_error(bomb), HasSubstr("too many values"));
  EXPECT_THAT(parse_error("a: &a [*a]"), HasSubstr("recipe.yaml: "));
  EXPECT_THAT(parse_error(std::string(20000, '[')), HasSubstr("recipe.yaml: "));
}

TEST(ConfigYaml, AnOverrideOfAnAliasChangesOnePlaceOnly) {
  ConfigNode root = parse("a: &shared {x: 1}\nb: *shared\n", {"a.x=2"});
  int64_t a = 0, b = 0;
  root.section("a").read("x", a);
  root.section("b").read("x", b);
  EXPECT_EQ(a, 2);
  EXPECT_EQ(b, 1);
}

// ------------------------------------------------------------------------------------------------
// Overrides
// ------------------------------------------------------------------------------------------------

TEST(ConfigOverride, SetsNestedValuesAndMakesMissingSections) {
  ConfigNode root = parse("grpo: {epochs: 1}\nempty:\n",
                          {"grpo.epochs=2", "a.b.c=[1, 2]", "empty.x=a=b", "grpo.epochs=3"});
  int64_t epochs = 0;
  std::vector<int64_t> c;
  std::string x;
  root.section("grpo").read("epochs", epochs);
  root.section("a").section("b").read("c", c);
  root.section("empty").read("x", x);
  EXPECT_EQ(epochs, 3) << "the last one wins";
  EXPECT_EQ(c, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(x, "a=b");
}

TEST(ConfigOverride, OfAKeyThatNobodyReadsIsAnUnknownKey) {
  ConfigNode root = parse("", {"grpo.lr=1"});
  ConfigNode grpo = root.section("grpo");
  double learning_rate = 0;
  grpo.read("learning_rate", learning_rate);
  EXPECT_THAT(
      config_error_of([&] { grpo.finish(); }),
      HasSubstr(
          "recipe.yaml: grpo.lr: unknown key; known keys: learning_rate (override 'grpo.lr=1')"));
}

TEST(ConfigOverride, MalformedOnesAreErrors) {
  EXPECT_THAT(parse_error("", {"a.b"}),
              HasSubstr("override 'a.b': expected section.key=value, found no '='"));
  EXPECT_THAT(parse_error("", {"=1"}), HasSubstr("found an empty key"));
  EXPECT_THAT(parse_error("", {"a..b=1"}), HasSubstr("found an empty key"));
  EXPECT_THAT(parse_error("", {"a.=1"}), HasSubstr("found an empty key"));
  EXPECT_THAT(parse_error("", {"a = 1"}), HasSubstr("a space left of the '='"));
  EXPECT_THAT(parse_error("", {"a="}), HasSubstr("expected a value right of the '='"));
  EXPECT_THAT(parse_error("", {"a=[1"}), HasSubstr("override 'a=[1': bad YAML"));
}

TEST(ConfigOverride, MessagesStayOnOneLine) {
  EXPECT_THAT(parse_error("", {"a\nb=1"}), HasSubstr("override 'a\\nb=1': "));
  ConfigNode root = parse("\"two\\nlines\": 1", {"x=\n2"});
  EXPECT_THAT(config_error_of([&] { root.finish(); }),
              HasSubstr("recipe.yaml: two\\nlines: unknown key"));
  int64_t x = 0;
  root.read("x", x);
  EXPECT_THAT(config_error_of([&] { root.fail("x", "is wrong"); }),
              HasSubstr("(override 'x=\\n2')"));
}

TEST(ConfigOverride, OfASectionOrThroughAValueIsAnError) {
  EXPECT_THAT(
      parse_error("grpo: {epochs: 1}", {"grpo=3"}),
      HasSubstr("override 'grpo=3': 'grpo' is a section; set its keys one by one: grpo.<key>=..."));
  EXPECT_THAT(parse_error("grpo: {epochs: 1}", {"grpo.epochs.x=3"}),
              HasSubstr("'grpo.epochs' is not a section but '1', so it has no key 'x'"));
  EXPECT_THAT(parse_error("rewards: [{name: a}]", {"rewards.0=3"}),
              HasSubstr("'rewards' is not a section but a list of 1"));
}

// ------------------------------------------------------------------------------------------------
// The resolved recipe
// ------------------------------------------------------------------------------------------------

struct Everything {
  bool flag = true;
  int64_t count = -3;
  uint64_t seed = std::numeric_limits<uint64_t>::max();
  double rate = 0.1, whole = 2, tiny = 4.9e-324, third = 1.0 / 3, huge = 1.7976931348623157e308,
         unlimited = std::numeric_limits<double>::infinity(), minus_zero = -0.0;
  std::string plain = "word", numeric = "1e5", boolean = "true", empty, spaced = " a: b # c ",
              special = "tab\t newline\n quote\" backslash\\ bell\a",
              unicode = "\xc3\xa9\xe2\x82\xac";
  std::vector<std::string> words = {"a", "1", "", "x, y", "[z]"};
  std::vector<double> numbers = {1, 0.1, 1e-7};
  std::vector<int64_t> none;
  std::vector<std::string> item_names = {"first", "no"};
};

void read_everything(ConfigNode& root, Everything& e) {
  root.read("flag", e.flag);
  ConfigNode numbers = root.section("numbers");
  numbers.read("count", e.count);
  numbers.read("seed", e.seed);
  ConfigNode doubles = numbers.section("doubles");
  const std::vector<std::pair<const char*, double*>> double_fields = {
      {"rate", &e.rate},
      {"whole", &e.whole},
      {"tiny", &e.tiny},
      {"third", &e.third},
      {"huge", &e.huge},
      {"unlimited", &e.unlimited},
      {"minus_zero", &e.minus_zero}};
  for (const auto& [key, field] : double_fields) doubles.read(key, *field);
  const std::vector<std::pair<const char*, std::string*>> text_fields = {
      {"plain", &e.plain},   {"numeric", &e.numeric}, {"boolean", &e.boolean}, {"empty", &e.empty},
      {"spaced", &e.spaced}, {"special", &e.special}, {"unicode", &e.unicode}};
  for (const auto& [key, field] : text_fields) root.read(key, *field);
  root.read("words", e.words);
  root.read("numbers_list", e.numbers);
  root.read("none", e.none);
  e.item_names.clear();
  for (ConfigNode& item : root.section_list("items")) {
    item.read("name", e.item_names.emplace_back());
    item.finish();
  }
  doubles.finish();
  numbers.finish();
  root.finish();
}

TEST(ResolvedConfig, HoldsDefaultsAndReadsBackToTheSameValues) {
  ConfigNode first = parse("items: [{name: first}, {name: 'no'}]\nnumbers: {count: 5}\n",
                           {"numbers.doubles.rate=0.3"});
  Everything written;
  read_everything(first, written);
  const std::string yaml = first.resolved_yaml();

  ConfigNode second = parse(yaml);
  Everything wiped{};  // every default differs from what was written
  wiped.flag = false;
  wiped.count = wiped.seed = 0;
  wiped.rate = wiped.whole = wiped.tiny = wiped.third = wiped.huge = wiped.unlimited =
      wiped.minus_zero = 99;
  wiped.plain = wiped.numeric = wiped.boolean = wiped.empty = wiped.spaced = wiped.special =
      wiped.unicode = "?";
  wiped.words = {};
  wiped.numbers = {};
  wiped.none = {1};
  read_everything(second, wiped);

  EXPECT_EQ(second.resolved_yaml(), yaml);
  EXPECT_EQ(wiped.flag, true);
  EXPECT_EQ(wiped.count, 5);
  EXPECT_EQ(wiped.seed, std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(wiped.rate, 0.3);
  EXPECT_EQ(wiped.tiny, 4.9e-324);
  EXPECT_EQ(wiped.third, 1.0 / 3);
  EXPECT_EQ(wiped.huge, std::numeric_limits<double>::max());
  EXPECT_EQ(wiped.unlimited, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::signbit(wiped.minus_zero));
  EXPECT_EQ(wiped.plain, written.plain);
  EXPECT_EQ(wiped.numeric, written.numeric);
  EXPECT_EQ(wiped.empty, "");
  EXPECT_EQ(wiped.spaced, written.spaced);
  EXPECT_EQ(wiped.special, written.special);
  EXPECT_EQ(wiped.unicode, written.unicode);
  EXPECT_EQ(wiped.words, written.words);
  EXPECT_EQ(wiped.numbers, written.numbers);
  EXPECT_TRUE(wiped.none.empty());
  EXPECT_EQ(wiped.item_names, written.item_names);
}

TEST(ResolvedConfig, IsWrittenInReadingOrderAndUnambiguousToAnyYamlReader) {
  ConfigNode root = parse("b: 1\na: {why: 2}\nitems: [{name: 1, list: [p, '2']}]\n");
  double b = 0, rate = 1e-5;
  std::string version = "2";
  root.section("a").read("why", b);
  root.read("b", b);
  root.read("rate", rate);
  root.read("version", version);
  int64_t n = 0;
  std::vector<std::string> m;
  for (ConfigNode& item : root.section_list("items")) {
    item.read("name", n);
    item.read("list", m);
  }
  EXPECT_EQ(root.resolved_yaml(),
            "a:\n  why: 2.0\nb: 1.0\nrate: 1.0e-05\nversion: \"2\"\nitems:\n  - name: 1\n    list: "
            "[p, \"2\"]\n");
}

TEST(ResolvedConfig, OfNothingIsAnEmptySection) {
  EXPECT_EQ(parse("").resolved_yaml(), "{}\n");
  ConfigNode root = parse("");
  root.section("grpo").finish();
  root.section_list("rewards");
  EXPECT_EQ(root.resolved_yaml(), "grpo: {}\nrewards: []\n");
}

TEST(ResolvedConfig, ReadingTwiceRecordsTheLastValueOnce) {
  ConfigNode root = parse("grpo: {a: 1}");
  int64_t a = 0, b = 2;
  root.section("grpo").read("a", a);
  root.section("grpo").read("b", b);
  b = 3;
  root.section("grpo").read("b", b);
  EXPECT_EQ(root.resolved_yaml(), "grpo:\n  a: 1\n  b: 3\n");
}

// ------------------------------------------------------------------------------------------------
// Nearest names
// ------------------------------------------------------------------------------------------------

TEST(EditDistance, CountsInsertionsDeletionsSubstitutionsAndSwaps) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("seed", "sede"), 1u);
  EXPECT_EQ(edit_distance("lerning_rate", "learning_rate"), 1u);
}

TEST(NearestName, IsEmptyWhenNothingIsNear) {
  const std::vector<std::string> names = {"learning_rate", "group_size", "kl_beta"};
  EXPECT_EQ(nearest_name("lr", names), "");
  EXPECT_EQ(nearest_name("groupsize", names), "group_size");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace retrace::core
