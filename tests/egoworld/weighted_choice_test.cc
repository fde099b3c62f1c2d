#include "tools/egoworld/weighted_choice.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"

namespace retrace::egoworld {
namespace {

TEST(WeightedChoice, NamesAndWeightsAreRead) {
  const std::vector<NamedWeight> parsed = parse_named_weights("a:0.25,b,c:3", "--x");
  ASSERT_EQ(parsed.size(), 3U);
  EXPECT_EQ(parsed[0].name, "a");
  EXPECT_EQ(parsed[0].weight, 0.25);
  EXPECT_EQ(parsed[1].weight, 1);
  EXPECT_EQ(parsed[2].weight, 3);
}

TEST(WeightedChoice, BadTextIsRefused) {
  const auto refused = [](const char* text, const char* part) {
    expect_error<core::ConfigError>([&] { parse_named_weights(text, "--x"); }, part);
  };
  refused("", "--x: expected name:weight");
  refused("a,,b", "expected name:weight");
  refused("a,", "expected name:weight");
  refused(":1", "expected name:weight");
  refused("a:", "weight of 'a' must be a number of 0 or more, is ''");
  refused("a:x", "is 'x'");
  refused("a:1x", "is '1x'");
  refused("a:-1", "is '-1'");
  refused("a:nan", "is 'nan'");
  refused("a:inf", "is 'inf'");
  refused("a:1e999", "is '1e999'");
  refused("a:1,a:2", "'a' is given twice");
  refused("a:0,b:0", "sum to 0");
}

TEST(WeightedChoice, DrawsInProportionAndNeverAZeroWeight) {
  core::RandomSequence random(core::RandomStream(3, "test"));
  std::vector<int> counts(4, 0);
  for (int i = 0; i < 20000; ++i) ++counts[draw_weighted({0, 3, 1, 0}, random)];
  EXPECT_EQ(counts[0], 0);
  EXPECT_EQ(counts[3], 0);
  EXPECT_NEAR(counts[1], 15000, 300);
}

}  // namespace
}  // namespace retrace::egoworld
