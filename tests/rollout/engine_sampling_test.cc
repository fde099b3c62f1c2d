// What is sampled: log-probs and choices against a packed training forward over the same tokens.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "rollout/engine.h"
#include "tests/model/tiny_families.h"
#include "tests/rollout/tiny_policy.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rollout {
namespace {

using test::PackedScores;
using test::score_packed;

class EngineSampling : public testing::Test {
 protected:
  std::vector<RolloutGroup> generate(const RolloutOptions& options) const {
    return RolloutEngine(policy_.qwen, policy_.tokenizer, options).generate(tiny_.requests, 1);
  }
  // Largest logit among ids that are not banned, [num ids] per completion.
  at::Tensor best_allowed(const at::Tensor& logits_TV, const RolloutOptions& options) const {
    at::Tensor allowed_TV = logits_TV.clone();
    allowed_TV.index_fill_(1, at::tensor(options.banned_ids, at::kLong), -1e30);
    return allowed_TV.argmax(1);
  }
  void expect_best(const std::vector<RolloutGroup>& groups, const RolloutOptions& options) const {
    for (size_t i = 0; i < groups.size(); ++i) {
      const PackedScores scores = score_packed(policy_.qwen, tiny_.requests[i], groups[i], 1.0);
      for (size_t g = 0; g < groups[i].completions.size(); ++g) {
        const at::Tensor ids = at::tensor(groups[i].completions[g].ids, at::kLong);
        EXPECT_TRUE(at::equal(ids, best_allowed(scores.logits[g], options))) << "request " << i;
      }
    }
  }

  const test::TinyPolicy policy_;
  const test::TinyRequests tiny_{policy_, 4};
};

TEST_F(EngineSampling, LogprobsAreThoseOfThePackedTrainingForward) {
  for (const double temperature : {1.0, 0.6}) {
    RolloutOptions options = policy_.options(16);
    options.sampling.temperature = temperature;
    const auto groups = generate(options);
    for (size_t i = 0; i < groups.size(); ++i) {
      const PackedScores scores =
          score_packed(policy_.qwen, tiny_.requests[i], groups[i], temperature);
      for (size_t g = 0; g < groups[i].completions.size(); ++g) {
        const std::vector<float>& logprobs = groups[i].completions[g].logprobs;
        ASSERT_EQ(logprobs.size(), groups[i].completions[g].ids.size());
        EXPECT_TENSOR_NEAR(at::tensor(logprobs), scores.logprobs[g], (test::Tolerance{1e-5, 1e-4}));
      }
    }
  }
}

// Decode equals the training forward for every family, the middle prompt with deepstack features.
class EngineOf : public testing::TestWithParam<model::ModelFamily> {};

TEST_P(EngineOf, LogprobsAndGreedyChoicesAreThoseOfThePackedTrainingForward) {
  const test::TinyPolicy policy(GetParam());
  const test::TinyRequests tiny(policy, 3);
  for (const double temperature : {1.0, 0.0}) {
    RolloutOptions options = policy.options(16);
    options.sampling.temperature = temperature;
    const auto groups =
        RolloutEngine(policy.qwen, policy.tokenizer, options).generate(tiny.requests, 1);
    for (size_t i = 0; i < groups.size(); ++i) {
      const PackedScores scores = score_packed(policy.qwen, tiny.requests[i], groups[i], 1.0);
      for (size_t g = 0; g < groups[i].completions.size(); ++g) {
        const Completion& completion = groups[i].completions[g];
        EXPECT_TENSOR_NEAR(at::tensor(completion.logprobs), scores.logprobs[g],
                           (test::Tolerance{1e-5, 1e-4}));
        if (temperature > 0) continue;
        at::Tensor allowed_TV = scores.logits[g].clone();
        allowed_TV.index_fill_(1, at::tensor(options.banned_ids, at::kLong), -1e30);
        EXPECT_TRUE(allowed_TV.argmax(1).equal(at::tensor(completion.ids, at::kLong)));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Families, EngineOf,
                         testing::Values(model::ModelFamily::kQwen25Vl,
                                         model::ModelFamily::kQwen3Vl,
                                         model::ModelFamily::kQwen2Text),
                         test::family_name);

TEST_F(EngineSampling, GreedyTakesTheLargestLogit) {
  RolloutOptions options = policy_.options(16);
  options.sampling.temperature = 0;
  const auto groups = generate(options);
  expect_best(groups, options);
  for (const RolloutGroup& group : groups)
    EXPECT_EQ(group.completions[0].ids, group.completions[3].ids);
}

TEST_F(EngineSampling, TopOneAndTinyTopPTakeTheLargestLogitToo) {
  RolloutOptions options = policy_.options(16);
  options.sampling.top_k = 1;
  expect_best(generate(options), options);
  options.sampling = {.temperature = 1.0, .top_k = 0, .top_p = 1e-6};
  expect_best(generate(options), options);
}

TEST_F(EngineSampling, TopKKeepsToTheMostLikelyAndReportsFullLogprobs) {
  RolloutOptions options = policy_.options(16);
  options.sampling.top_k = 3;
  const auto groups = generate(options);
  for (size_t i = 0; i < groups.size(); ++i) {
    const PackedScores scores = score_packed(policy_.qwen, tiny_.requests[i], groups[i], 1.0);
    for (size_t g = 0; g < groups[i].completions.size(); ++g) {
      const Completion& completion = groups[i].completions[g];
      at::Tensor allowed_TV = scores.logits[g].clone();
      allowed_TV.index_fill_(1, at::tensor(options.banned_ids, at::kLong), -1e30);
      const at::Tensor chosen_T1 =
          allowed_TV.gather(1, at::tensor(completion.ids, at::kLong).unsqueeze(1));
      EXPECT_LT((allowed_TV > chosen_T1 + 1e-3).sum(1).max().item<int64_t>(), 3);
      EXPECT_TENSOR_NEAR(at::tensor(completion.logprobs), scores.logprobs[g],
                         (test::Tolerance{1e-5, 1e-4}));
    }
  }
}

TEST_F(EngineSampling, BannedIdsNeverComeUp) {
  RolloutOptions options = policy_.options(16);
  options.sampling.temperature = 5.0;  // nearly flat: everything allowed has a chance
  options.stop_ids = {};
  std::set<int64_t> allowed = {20, 21, 300};
  options.banned_ids.clear();
  for (int64_t id = 0; id < policy_.qwen.config().vocab_size; ++id) {
    if (!allowed.contains(id)) options.banned_ids.push_back(id);
  }
  std::set<int64_t> seen;
  for (const RolloutGroup& group : generate(options)) {
    for (const Completion& completion : group.completions)
      seen.insert(completion.ids.begin(), completion.ids.end());
  }
  EXPECT_EQ(seen, allowed);
}

TEST_F(EngineSampling, StopIdsEndACompletionWhereTheyFirstAppear) {
  RolloutOptions free_running = policy_.options(24);
  free_running.stop_ids = {};
  const auto unstopped = generate(free_running);
  // Stop at every id that token 5 of some completion has: early, late and never all occur.
  RolloutOptions options = policy_.options(24);
  options.stop_ids = {unstopped[0].completions[0].ids[5], unstopped[1].completions[1].ids[5]};
  const auto stopped = generate(options);
  int num_stopped = 0;
  for (size_t i = 0; i < stopped.size(); ++i) {
    for (size_t g = 0; g < stopped[i].completions.size(); ++g) {
      const Completion &completion = stopped[i].completions[g],
                       &whole = unstopped[i].completions[g];
      ASSERT_EQ(whole.ids.size(), 24u);
      EXPECT_EQ(whole.finish, FinishReason::kLength);
      const auto first = std::find_first_of(whole.ids.begin(), whole.ids.end(),
                                            options.stop_ids.begin(), options.stop_ids.end());
      const bool has_stop = first != whole.ids.end();
      num_stopped += has_stop ? 1 : 0;
      const std::vector<int64_t> expected(whole.ids.begin(), has_stop ? first + 1 : first);
      EXPECT_EQ(completion.ids, expected);
      EXPECT_EQ(completion.finish, has_stop ? FinishReason::kStop : FinishReason::kLength);
      const std::vector<int64_t> spoken(whole.ids.begin(), first);  // the stop token is not text
      EXPECT_EQ(completion.text, policy_.tokenizer.decode(spoken));
    }
  }
  EXPECT_GE(num_stopped, 2);
}

TEST_F(EngineSampling, VisionRowsReachTheText) {
  RolloutRequest request = tiny_.requests[1];
  const RolloutEngine engine(policy_.qwen, policy_.tokenizer, policy_.options(8));
  const auto seen = engine.generate(std::span(&request, 1), 1);
  request.vision_rows = policy_.vision_rows(4);
  const auto other = engine.generate(std::span(&request, 1), 1);
  EXPECT_NE(seen[0].completions[0].logprobs, other[0].completions[0].logprobs);
}

}  // namespace
}  // namespace retrace::rollout
