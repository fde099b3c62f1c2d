// What a completion may depend on: its prompt, its stream and the weights; nothing else. Bit for
// bit.
#include <gtest/gtest.h>

#include <algorithm>

#include "rollout/engine.h"
#include "tests/rollout/tiny_policy.h"

namespace retrace::rollout {
namespace {

using test::expect_identical;

class EngineInvariance : public testing::Test {
 protected:
  static constexpr int64_t kGroupSize = 6;

  const test::TinyPolicy policy_;
  const test::TinyRequests tiny_{policy_, kGroupSize};
  const RolloutEngine engine_{policy_.qwen, policy_.tokenizer, policy_.options(12)};
  const std::vector<RolloutGroup> expected_ = engine_.generate(tiny_.requests, 1);
};

TEST_F(EngineInvariance, SamplingIsNotDegenerate) {
  // Otherwise the tests below could not fail: lengths and texts must differ.
  for (const RolloutGroup& group : expected_) {
    EXPECT_NE(group.completions[0].ids, group.completions[1].ids);
  }
  EXPECT_NE(expected_[0].completions[0].ids, expected_[2].completions[0].ids);
}

TEST_F(EngineInvariance, AnotherCallGivesTheSame) {
  const auto again = engine_.generate(tiny_.requests, 1);
  for (size_t i = 0; i < expected_.size(); ++i) expect_identical(again[i], expected_[i]);
}

TEST_F(EngineInvariance, RequestOrderDoesNotMatter) {
  std::vector<size_t> order = {0, 1, 2};
  do {
    std::vector<RolloutRequest> permuted;
    for (const size_t i : order) permuted.push_back(tiny_.requests[i]);
    const auto groups = engine_.generate(permuted, 1);
    for (size_t place = 0; place < order.size(); ++place)
      expect_identical(groups[place], expected_[order[place]]);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(EngineInvariance, CompanionsDoNotMatter) {
  for (size_t i = 0; i < tiny_.requests.size(); ++i) {
    const auto alone = engine_.generate(std::span(&tiny_.requests[i], 1), 1);
    expect_identical(alone[0], expected_[i]);
  }
}

TEST_F(EngineInvariance, SplittingIntoTwoCallsDoesNotMatter) {
  const std::span<const RolloutRequest> all(tiny_.requests);
  const auto first = engine_.generate(all.first(1), 1), rest = engine_.generate(all.subspan(1), 1);
  expect_identical(first[0], expected_[0]);
  expect_identical(rest[0], expected_[1]);
  expect_identical(rest[1], expected_[2]);
}

TEST_F(EngineInvariance, GroupSizeDoesNotChangeTheFirstCompletions) {
  for (const int64_t size : {1, 2, 5}) {
    std::vector<RolloutRequest> fewer = tiny_.requests;
    for (RolloutRequest& request : fewer) request.num_completions = size;
    const auto groups = engine_.generate(fewer, 1);
    for (size_t i = 0; i < groups.size(); ++i) {
      RolloutGroup prefix = expected_[i];
      prefix.completions.resize(static_cast<size_t>(size));
      expect_identical(groups[i], prefix);
    }
  }
}

TEST_F(EngineInvariance, ManySequencesInFewRowsGiveWhatOneAloneGives) {
  std::vector<RolloutRequest> many;
  for (uint64_t i = 0; i < 20; ++i) {
    RolloutRequest request = tiny_.requests[i % 3];
    request.num_completions = 1 + static_cast<int64_t>(i % 4);
    request.stream = core::RandomStream(99, "many").substream(i);
    many.push_back(request);
  }
  const auto together = engine_.generate(many, 1);
  for (size_t i = 0; i < many.size(); ++i) {
    expect_identical(together[i], engine_.generate(std::span(&many[i], 1), 1)[0]);
  }
}

TEST_F(EngineInvariance, TileSizeChangesNoText) {
  // Rounding may differ with the tile, so log-probs are compared to rounding, texts exactly.
  RolloutOptions options = policy_.options(12);
  options.tile_rows = 3;
  const auto groups =
      RolloutEngine(policy_.qwen, policy_.tokenizer, options).generate(tiny_.requests, 1);
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t g = 0; g < groups[i].completions.size(); ++g) {
      const Completion &a = groups[i].completions[g], &e = expected_[i].completions[g];
      ASSERT_EQ(a.ids, e.ids);
      for (size_t t = 0; t < a.ids.size(); ++t) EXPECT_NEAR(a.logprobs[t], e.logprobs[t], 1e-4);
    }
  }
}

TEST_F(EngineInvariance, AnotherStreamGivesOtherText) {
  std::vector<RolloutRequest> other = tiny_.requests;
  for (RolloutRequest& request : other) request.stream = request.stream.substream(1);
  const auto groups = engine_.generate(other, 1);
  for (size_t i = 0; i < groups.size(); ++i) {
    EXPECT_NE(groups[i].completions[0].ids, expected_[i].completions[0].ids);
  }
}

TEST_F(EngineInvariance, RequiringGradientsChangesNothing) {
  test::TinyPolicy trained;
  trained.qwen.weights().require_gradients(/*vision=*/true);
  const RolloutEngine engine(trained.qwen, trained.tokenizer, trained.options(12));
  const auto groups = engine.generate(tiny_.requests, 1);
  for (size_t i = 0; i < groups.size(); ++i) expect_identical(groups[i], expected_[i]);
}

}  // namespace
}  // namespace retrace::rollout
