#include "rollout/rollout_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/error.h"

namespace retrace::rollout {
namespace {

using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

model::ModelConfig small_config() {
  model::ModelConfig config;
  config.vocab_size = 10;
  config.image_token_id = 8;
  config.video_token_id = 9;
  return config;
}

RolloutOptions good_options() {
  RolloutOptions options;
  options.stop_ids = {1};
  options.banned_ids = {8, 9};
  return options;
}

std::string error_of(const std::function<void(RolloutOptions&)>& change) {
  RolloutOptions options = good_options();
  change(options);
  try {
    validate(options);
    validate_for_model(options, small_config());
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RolloutOptions, DefaultsAndLimitsAreValid) {
  EXPECT_NO_THROW(validate(RolloutOptions{}));
  EXPECT_EQ(error_of([](RolloutOptions&) {}), "no error");
  EXPECT_EQ(error_of([](RolloutOptions& o) {
              o.sampling = {.temperature = 0, .top_k = 1, .top_p = 0.1};
            }),
            "no error");
  EXPECT_EQ(
      error_of([](RolloutOptions& o) { o.max_new_tokens = 1, o.tile_rows = 1, o.stop_ids = {}; }),
      "no error");
  EXPECT_EQ(error_of([](RolloutOptions& o) { o.max_new_tokens = 131072, o.tile_rows = 4096; }),
            "no error");
}

TEST(RolloutOptions, NamesTheKeyTheRangeAndTheValue) {
  EXPECT_THAT(
      error_of([](RolloutOptions& o) { o.sampling.temperature = -0.5; }),
      HasSubstr("rollout.temperature: must be finite and at least 0 (0 is greedy), is -0.5"));
  EXPECT_THAT(error_of([](RolloutOptions& o) { o.sampling.temperature = kNan; }),
              HasSubstr("rollout.temperature"));
  EXPECT_THAT(error_of([](RolloutOptions& o) { o.sampling.top_k = -1; }),
              HasSubstr("rollout.top_k: must be at least 0"));
  for (const double top_p : {0.0, -1.0, 1.5, kNan}) {
    EXPECT_THAT(error_of([&](RolloutOptions& o) { o.sampling.top_p = top_p; }),
                HasSubstr("rollout.top_p: must be in (0, 1]"));
  }
  for (const int64_t tokens : {int64_t{0}, int64_t{-3}, int64_t{131073}}) {
    EXPECT_THAT(
        error_of([&](RolloutOptions& o) { o.max_new_tokens = tokens; }),
        HasSubstr("rollout.max_new_tokens: must be in [1, 131072], is " + std::to_string(tokens)));
  }
  for (const int64_t rows : {int64_t{0}, int64_t{4097}}) {
    EXPECT_THAT(error_of([&](RolloutOptions& o) { o.tile_rows = rows; }),
                HasSubstr("rollout.tile_rows: must be in [1, 4096], is " + std::to_string(rows)));
  }
}

TEST(RolloutOptions, ChecksIdsAgainstEachOtherAndTheModel) {
  EXPECT_THAT(error_of([](RolloutOptions& o) {
                o.stop_ids = {1, 9};
              }),
              HasSubstr("id 9 is also in banned_ids"));
  EXPECT_THAT(error_of([](RolloutOptions& o) { o.stop_ids = {10}; }),
              HasSubstr("rollout.stop_ids: ids must be in [0, 10)"));
  EXPECT_THAT(error_of([](RolloutOptions& o) { o.banned_ids.push_back(-1); }),
              HasSubstr("rollout.banned_ids: ids must be in [0, 10)"));
  EXPECT_THAT(error_of([](RolloutOptions& o) { o.banned_ids = {9}; }),
              HasSubstr("must hold the vision placeholder 8"));
  EXPECT_THAT(error_of([](RolloutOptions& o) {
                o.stop_ids = {};
                o.banned_ids = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9};
              }),
              HasSubstr("all 10 ids of the vocabulary are banned"));
}

}  // namespace
}  // namespace retrace::rollout
