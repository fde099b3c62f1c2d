#include "core/json_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "core/error.h"

namespace retrace::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::SizeIs;
using Json = nlohmann::ordered_json;

struct Outcome {
  std::vector<std::pair<int64_t, int64_t>> used;  // line, value of "a"
  std::vector<std::pair<int64_t, std::string>> failed;
};

Outcome read(std::string_view text) {
  Outcome outcome;
  for_each_json_line(
      text,
      [&](int64_t number, const Json& json) { outcome.used.emplace_back(number, json.at("a")); },
      [&](int64_t number, const std::string& why) { outcome.failed.emplace_back(number, why); });
  return outcome;
}

TEST(JsonLines, EmptyLinesCountAndNothingElse) {
  const Outcome outcome = read("{\"a\": 1}\n\n{\"a\": 3}\r\n\n\n{\"a\": 6}");
  EXPECT_THAT(outcome.used, ElementsAre(Pair(1, 1), Pair(3, 3), Pair(6, 6)));
  EXPECT_TRUE(outcome.failed.empty());
  EXPECT_TRUE(read("").used.empty());
  EXPECT_TRUE(read("\n\n").failed.empty());
}

TEST(JsonLines, ABadLineIsNamedAndTheNextIsRead) {
  const Outcome outcome =
      read("{\"a\": 1}\n{\"a\": \n[1]\n{\"b\": 1}\n{\"a\": \"text\"}\n{\"a\": 6}\n");
  EXPECT_THAT(outcome.used, ElementsAre(Pair(1, 1), Pair(6, 6)));
  ASSERT_THAT(outcome.failed, SizeIs(4));
  EXPECT_THAT(outcome.failed[0], Pair(2, HasSubstr("parse error")));
  EXPECT_THAT(outcome.failed[1], Pair(3, HasSubstr("expected a JSON object")));
  EXPECT_THAT(outcome.failed[2], Pair(4, HasSubstr("key 'a' not found")));
  EXPECT_THAT(outcome.failed[3], Pair(5, HasSubstr("must be number")));
}

TEST(JsonLines, WhatTheCallerThrowsAboutALineEndsTheReading) {
  int64_t num_used = 0;
  EXPECT_THROW(for_each_json_line(
                   "{}\n{\n{}\n", [&](int64_t, const Json&) { ++num_used; },
                   [](int64_t number, const std::string& why) {
                     throw_<DataError>("file:{}: {}", number, why);
                   }),
               DataError);
  EXPECT_EQ(num_used, 1);
}

}  // namespace
}  // namespace retrace::core
