// How prompts and completions are packed changes memory and speed, never the loss or the gradient.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rl/packed_batch.h"
#include "rl/policy_loss.h"
#include "rl/vision_rows.h"
#include "tests/model/tiny_families.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

// Rounding of float32 sums that are added up in another order; the largest value is the scale.
constexpr test::Tolerance kRounding{1e-5, 1e-7};

struct Group {
  PreparedPrompt prompt;
  std::vector<std::vector<int64_t>> completions;
  std::vector<float> advantages;  // one a completion
};

struct LossAndGradient {
  at::Tensor loss;      // [1] float32
  at::Tensor gradient;  // [num_parameters] float32
};

class PackingInvariance : public ::testing::TestWithParam<model::ModelFamily> {
 protected:
  PackingInvariance() {
    gradients_ = model_.weights().require_gradients(/*vision=*/true);
    add_group("Where does the walk lead?", true,
              {{20, 30, 40, 469}, {21}, {22, 35, 47, 59, 61, 469}});
    add_group("Which turn comes first?", false, {{100, 101}, {102, 469}});
    add_group("Is there a lamp?", true, {{200, 201, 202}, {203, 204, 205, 206, 469}, {207, 469}});
  }

  void add_group(const std::string& text, bool has_video,
                 std::vector<std::vector<int64_t>> completions) {
    Group group;
    if (has_video) group.prompt.patches = test::random_patches(groups_.size());
    group.prompt.tokens =
        test::tiny_prompt(text, has_video ? &group.prompt.patches : nullptr, GetParam());
    for (size_t i = 0; i < completions.size(); ++i) {
      const double sign = i % 2 == 0 ? 1 : -0.7;
      group.advantages.push_back(static_cast<float>(sign * (1.0 + 0.1 * groups_.size())));
      num_tokens_ += static_cast<int64_t>(completions[i].size());
      ++num_completions_;
    }
    group.completions = std::move(completions);
    groups_.push_back(std::move(group));
  }

  // One completion, by group and place in it.
  struct Place {
    size_t group, completion;
  };
  // An item of a packed batch: completions of one group.
  using Item = std::vector<Place>;

  void add_micro_batch(const std::vector<Item>& items, std::vector<VisionRows>& vision,
                       at::Tensor& loss) {
    std::vector<PackItem> pack_items;
    std::vector<float> advantages;
    for (const Item& item : items) {
      const Group& group = groups_[item[0].group];
      PackItem& packed = pack_items.emplace_back();
      packed.prompt = &group.prompt.tokens;
      packed.vision_rows = vision[item[0].group].for_training();
      for (const Place& place : item) {
        const std::vector<int64_t>& ids = group.completions[place.completion];
        packed.completions.push_back(&ids);
        advantages.insert(advantages.end(), ids.size(), group.advantages[place.completion]);
      }
    }
    const PackedBatch batch = pack(pack_items);
    PolicyLossOptions options;
    options.kl_coefficient = 0.1;
    const at::Tensor logprob = response_logprobs(model_, batch, 0.8).logprob_T;
    const at::Tensor reference = at::full_like(logprob.detach(), -5.0);
    const at::Tensor weights =
        token_weights(batch.completion_lengths, {num_completions_, num_tokens_, 8},
                      LossAggregation::kSequenceMean);
    const PolicyLoss result =
        policy_loss(logprob, {}, reference, at::tensor(advantages), weights, options);
    result.loss.backward();
    loss += result.loss.detach();
  }

  LossAndGradient run(const std::vector<std::vector<Item>>& micro_batches) {
    gradients_.zero_();
    std::vector<VisionRows> vision;
    for (const Group& group : groups_) vision.emplace_back(model_, group.prompt, true);
    at::Tensor loss = at::zeros({1});
    for (const std::vector<Item>& items : micro_batches) add_micro_batch(items, vision, loss);
    for (VisionRows& rows : vision) rows.finish_backward();
    return {loss, gradients_.clone()};
  }

  std::vector<Item> whole_groups() const {
    std::vector<Item> items;
    for (size_t group = 0; group < groups_.size(); ++group) {
      Item& item = items.emplace_back();
      for (size_t i = 0; i < groups_[group].completions.size(); ++i) item.push_back({group, i});
    }
    return items;
  }

  void expect_same(const LossAndGradient& actual, const LossAndGradient& expected) {
    EXPECT_TENSOR_NEAR(actual.loss, expected.loss, kRounding);
    EXPECT_TENSOR_NEAR(actual.gradient, expected.gradient, kRounding);
  }

  model::QwenVl model_ = test::tiny_model(1, GetParam());
  at::Tensor gradients_;
  std::vector<Group> groups_;
  int64_t num_completions_ = 0, num_tokens_ = 0;
};

TEST_P(PackingInvariance, StartsFromAGradientThatReachesEveryPart) {
  const LossAndGradient whole = run({whole_groups()});
  EXPECT_GT(whole.loss.abs().item<float>(), 1e-3);
  const model::Weights& weights = model_.weights();
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const std::string& name = weights.specs()[i].name;
    EXPECT_GT(weights.at(i).grad().abs().max().item<float>(), 1e-6) << name;
  }
}

TEST_P(PackingInvariance, OfTheOrderOfGroups) {
  const LossAndGradient whole = run({whole_groups()});
  std::vector<Item> items = whole_groups();
  std::reverse(items.begin(), items.end());
  expect_same(run({items}), whole);
}

TEST_P(PackingInvariance, OfTheOrderInsideAGroup) {
  const LossAndGradient whole = run({whole_groups()});
  std::vector<Item> items = whole_groups();
  for (Item& item : items) std::rotate(item.begin(), item.begin() + 1, item.end());
  expect_same(run({items}), whole);
}

TEST_P(PackingInvariance, OfPrefixSharing) {
  const LossAndGradient whole = run({whole_groups()});
  std::vector<Item> items;  // every completion with a prompt of its own
  for (const Item& group : whole_groups()) {
    for (const Place& place : group) items.push_back({place});
  }
  expect_same(run({items}), whole);
}

TEST_P(PackingInvariance, OfMicroBatches) {
  const LossAndGradient whole = run({whole_groups()});
  std::vector<std::vector<Item>> one_each, lopsided(2);
  for (const Item& group : whole_groups()) {
    one_each.push_back({group});
    for (const Place& place : group) lopsided[place.completion == 0 ? 0 : 1].push_back({place});
  }
  expect_same(run(one_each), whole);
  expect_same(run(lopsided), whole);
}

TEST_P(PackingInvariance, OfLogProbsAgainstOnePlainSequence) {
  const at::NoGradGuard no_grad;
  std::vector<PackItem> items;
  for (const Group& group : groups_) {
    const VisionRows rows(model_, group.prompt, false);
    PackItem& item = items.emplace_back();
    item.prompt = &group.prompt.tokens;
    item.vision_rows = rows.detached();
    for (const std::vector<int64_t>& ids : group.completions) item.completions.push_back(&ids);
  }
  const at::Tensor packed = response_logprobs(model_, pack(items), 1.0).logprob_T;

  // The whole text in one causal row, log-softmax over all logits.
  std::vector<at::Tensor> plain;
  for (size_t group = 0; group < groups_.size(); ++group) {
    const model::PromptTokens& prompt = groups_[group].prompt.tokens;
    const auto prompt_length = static_cast<int64_t>(prompt.ids.size());
    for (const std::vector<int64_t>& completion : groups_[group].completions) {
      const auto length = static_cast<int64_t>(completion.size());
      std::vector<int64_t> ids = prompt.ids;
      ids.insert(ids.end(), completion.begin(), completion.end());
      const at::Tensor positions =
          at::cat({prompt.positions,
                   at::arange(prompt.next_position, prompt.next_position + length, at::kLong)
                       .expand({3, length})},
                  1);
      model::PackedContext attention(kernels::single_segment_plan(prompt_length + length));
      const model::DecoderInput embeddings =
          model_.embed(at::tensor(ids, at::kLong), items[group].vision_rows);
      const at::Tensor logits =
          model_.logits(model_.hidden_states(embeddings, positions, attention));
      plain.push_back(at::log_softmax(logits.narrow(0, prompt_length - 1, length), 1)
                          .gather(1, at::tensor(completion, at::kLong).unsqueeze(1))
                          .squeeze(1));
    }
  }
  EXPECT_TENSOR_NEAR(packed, at::cat(plain), kRounding);
}

INSTANTIATE_TEST_SUITE_P(Families, PackingInvariance, test::kVisionFamilies, test::family_name);

}  // namespace
}  // namespace retrace::rl
