// What the engine does around sampling: prefills, memory, versions, errors.
#include "rollout/engine.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"
#include "tests/rollout/tiny_policy.h"

namespace retrace::rollout {
namespace {

using testing::HasSubstr;

template <class Error, class Function>
std::string message_of(Function&& function) {
  try {
    function();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error of this kind";
}

class Engine : public testing::Test {
 protected:
  RolloutEngine engine(const RolloutOptions& options) const {
    return {policy_.qwen, policy_.tokenizer, options};
  }

  test::TinyPolicy policy_;
  const test::TinyRequests tiny_{policy_, 4};
};

TEST_F(Engine, PrefillsEachRequestOnce) {
  RolloutStats stats;
  const auto groups = engine(policy_.options(10)).generate(tiny_.requests, 1, &stats);
  EXPECT_EQ(stats.num_prefills, 3);
  int64_t num_prompt_tokens = 0, num_completion_tokens = 0;
  for (const auto& prompt : tiny_.prompts)
    num_prompt_tokens += static_cast<int64_t>(prompt.ids.size());
  for (const auto& group : groups) {
    for (const auto& completion : group.completions) {
      num_completion_tokens += static_cast<int64_t>(completion.ids.size());
    }
  }
  EXPECT_EQ(stats.num_prompt_tokens, num_prompt_tokens);
  EXPECT_EQ(stats.num_completion_tokens, num_completion_tokens);
  EXPECT_GT(stats.num_decode_steps, 0);
  EXPECT_GT(stats.prefill_s, 0);
  EXPECT_GT(stats.decode_s, 0);
}

TEST_F(Engine, ComputesVisionNever) {
  engine(policy_.options(4)).generate(tiny_.requests, 1);
  EXPECT_EQ(policy_.qwen.num_vision_passes(), 0);  // the caller has the embeddings
}

TEST_F(Engine, FreesAPrefixWithItsLastCompletion) {
  RolloutOptions options = policy_.options(6);
  options.stop_ids = {};  // all run to the limit, so groups leave in the order they came
  options.tile_rows = 4;  // one group fills the tile
  std::vector<RolloutRequest> many(12, tiny_.requests[0]);
  RolloutStats stats;
  engine(options).generate(many, 1, &stats);
  EXPECT_EQ(stats.peak_prefixes, 1);
  EXPECT_EQ(stats.num_decode_steps, 12 * 5);  // the first token comes from the prefill
  options.tile_rows = 6;                      // a group and a half
  engine(options).generate(many, 1, &stats);
  EXPECT_LE(stats.peak_prefixes, 3);
  EXPECT_EQ(stats.num_decode_steps, 12 * 4 / 6 * 5);
}

TEST_F(Engine, OneNewTokenNeedsNoDecodeStep) {
  RolloutStats stats;
  const auto groups = engine(policy_.options(1)).generate(tiny_.requests, 1, &stats);
  EXPECT_EQ(stats.num_decode_steps, 0);
  EXPECT_EQ(stats.num_prefills, 3);
  for (const auto& group : groups) {
    ASSERT_EQ(group.completions.size(), 4u);
    for (const auto& completion : group.completions) EXPECT_EQ(completion.ids.size(), 1u);
  }
}

TEST_F(Engine, NoRequestsGiveNoGroups) {
  EXPECT_TRUE(engine(policy_.options(4)).generate({}, 1).empty());
}

TEST_F(Engine, StoresThePolicyVersion) {
  for (const auto& group : engine(policy_.options(3)).generate(tiny_.requests, 42)) {
    for (const auto& completion : group.completions) EXPECT_EQ(completion.policy_version, 42);
  }
}

TEST_F(Engine, ReportsEachGroupOnceAndWhole) {
  std::vector<size_t> reported;
  std::vector<RolloutGroup> seen(tiny_.requests.size());
  const auto groups =
      engine(policy_.options(10))
          .generate(tiny_.requests, 5, nullptr, [&](size_t request_idx, const RolloutGroup& group) {
            reported.push_back(request_idx);
            seen[request_idx] = group;
          });
  EXPECT_THAT(reported, testing::UnorderedElementsAre(0, 1, 2));
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t g = 0; g < groups[i].completions.size(); ++g) {
      EXPECT_EQ(seen[i].completions[g].ids, groups[i].completions[g].ids);
      EXPECT_EQ(seen[i].completions[g].text, groups[i].completions[g].text);
      EXPECT_EQ(seen[i].completions[g].policy_version, 5);
    }
  }
}

TEST_F(Engine, ReadsTheWeightsAtEveryCall) {
  const RolloutEngine same = engine(policy_.options(8));
  const auto before = same.generate(tiny_.requests, 1);
  policy_.qwen.weights().get("model.layers.0.mlp.down_proj.weight").mul_(0.5);
  const auto after = same.generate(tiny_.requests, 2);
  EXPECT_NE(before[0].completions[0].logprobs, after[0].completions[0].logprobs);
  policy_.qwen.weights().get("model.layers.0.mlp.down_proj.weight").mul_(2.0);
  const auto restored = same.generate(tiny_.requests, 3);
  for (size_t i = 0; i < before.size(); ++i) test::expect_identical(restored[i], before[i]);
}

TEST_F(Engine, NamesRequestCompletionAndTokenOfLogitsThatAreNotFinite) {
  const RolloutEngine broken = engine(policy_.options(4));
  policy_.qwen.weights().get("model.norm.weight").fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(message_of<core::DataError>([&] { broken.generate(tiny_.requests, 1); }),
              HasSubstr("request 0, completion 0, token 0: 480 of 480 logits are not finite "
                        "(first: nan for id 0)"));
}

TEST_F(Engine, NoticesADamagedEmbeddingWhenItIsFirstUsed) {
  RolloutOptions options = policy_.options(8);
  options.stop_ids = {};
  const RolloutEngine same = engine(options);
  const RolloutRequest& request = tiny_.requests[0];
  const auto whole = same.generate(std::span(&request, 1), 1);
  // An id that no prompt holds and that comes up for the first time at token 3 or later.
  const std::vector<int64_t>& ids = whole[0].completions[0].ids;
  size_t token = 3;
  const auto is_fresh = [&](size_t t) {
    return std::find(ids.begin(), ids.begin() + static_cast<int64_t>(t), ids[t]) ==
               ids.begin() + static_cast<int64_t>(t) &&
           std::find(request.prompt->ids.begin(), request.prompt->ids.end(), ids[t]) ==
               request.prompt->ids.end();
  };
  while (token + 1 < ids.size() && !is_fresh(token)) ++token;
  ASSERT_LT(token + 1, ids.size());
  policy_.qwen.weights().get("model.embed_tokens.weight")[ids[token]].fill_(
      std::numeric_limits<float>::infinity());
  RolloutRequest alone = request;
  alone.num_completions = 1;
  EXPECT_THAT(message_of<core::DataError>([&] { same.generate(std::span(&alone, 1), 1); }),
              HasSubstr("request 0, completion 0, token " + std::to_string(token + 1) + ":"));
}

TEST_F(Engine, RefusesRequestsWithoutPromptOrCompletions) {
  const RolloutEngine good = engine(policy_.options(4));
  RolloutRequest request = tiny_.requests[0];
  request.prompt = nullptr;
  EXPECT_THAT(message_of<core::InternalError>([&] { good.generate(std::span(&request, 1), 1); }),
              HasSubstr("request 0 has no prompt"));
  request = tiny_.requests[0];
  request.num_completions = 0;
  EXPECT_THAT(message_of<core::InternalError>([&] { good.generate(std::span(&request, 1), 1); }),
              HasSubstr("request 0 asks for 0 completions"));
  model::PromptTokens short_positions = tiny_.prompts[0];
  short_positions.positions = short_positions.positions.narrow(1, 0, 2);
  request = tiny_.requests[0];
  request.prompt = &short_positions;
  EXPECT_THAT(message_of<core::InternalError>([&] { good.generate(std::span(&request, 1), 1); }),
              HasSubstr("prompt positions"));
}

TEST_F(Engine, RefusesAVideoPromptWithoutItsRows) {
  RolloutRequest request = tiny_.requests[1];
  request.vision_rows = at::Tensor();
  EXPECT_THROW(engine(policy_.options(4)).generate(std::span(&request, 1), 1), core::InternalError);
}

}  // namespace
}  // namespace retrace::rollout
