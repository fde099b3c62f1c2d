// LoRA in training: what packing must not change with dropout on, checkpoints, the KL reference.
#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "rl/checkpoint.h"
#include "rl/packed_batch.h"
#include "rl/start_weights.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Rounding of float32 sums that are added up in another order; the largest value is the scale.
constexpr test::Tolerance kRounding{1e-5, 1e-7};

model::Adapters make_adapters(const model::Weights& weights, model::LoraOptions options) {
  const std::vector<size_t> modules = model::match_modules(weights.specs(), options);
  model::Adapters adapters(weights.specs(), std::move(options), modules);
  model::initialise_adapters(adapters, 4);
  return adapters;
}

// The tiny model with adapters that add something.
model::QwenVl adapted_model(const model::LoraOptions& options) {
  const at::NoGradGuard no_grad;
  const model::QwenVl plain = test::tiny_model();
  model::Adapters adapters = make_adapters(plain.weights(), options);
  adapters.parameters().flat().add_(
      test::random_normal({adapters.parameters().num_parameters()}, 6), 0.2);
  return model::QwenVl(plain.config(), plain.weights().with_adapters(std::move(adapters)));
}

// ------------------------------------------------------------------------------------------------
// Dropout
// ------------------------------------------------------------------------------------------------

struct Group {
  model::PromptTokens prompt;
  std::vector<std::vector<int64_t>> completions;
};

// One completion, by group and place in it.
struct Place {
  size_t group, completion;
};
using Item = std::vector<Place>;

struct Result {
  at::Tensor logprobs;  // of all completions, in order of groups
  at::Tensor gradient;  // of the adapters
};

class LoraDropout : public ::testing::Test {
 protected:
  LoraDropout() { gradients_ = model_.weights().require_gradients(/*vision=*/true); }

  // Logprobs by completion, and the gradient of a sum in which each has its own weight.
  Result run(const std::vector<std::vector<Item>>& micro_batches, uint64_t seed = 1,
             bool dropout = true) {
    gradients_.zero_();
    std::vector<std::vector<at::Tensor>> logprobs(groups_.size());
    for (size_t g = 0; g < groups_.size(); ++g) logprobs[g].resize(groups_[g].completions.size());
    const core::RandomStream stream(seed, "dropout");
    for (const std::vector<Item>& items : micro_batches) {
      std::vector<PackItem> packed;
      for (const Item& item : items) {
        PackItem& to = packed.emplace_back();
        to.prompt = &groups_[item[0].group].prompt;
        to.first_completion = static_cast<int64_t>(item[0].completion);
        if (dropout) to.dropout = stream.substream(item[0].group);
        for (const Place& place : item)
          to.completions.push_back(&groups_[place.group].completions[place.completion]);
      }
      const PackedBatch batch = pack(packed);
      const auto parts = response_logprobs(model_, batch, 1.0)
                             .logprob_T.split_with_sizes(batch.completion_lengths);
      at::Tensor loss = at::zeros({});
      size_t part = 0;
      for (const Item& item : items) {
        for (const Place& place : item) {
          logprobs[place.group][place.completion] = parts[part].detach();
          loss =
              loss + parts[part++].sum() * static_cast<double>(1 + place.group + place.completion);
        }
      }
      loss.backward();
    }
    std::vector<at::Tensor> flat;
    for (const auto& group : logprobs) flat.insert(flat.end(), group.begin(), group.end());
    return {at::cat(flat), gradients_.clone()};
  }

  std::vector<Item> whole_groups() const {
    std::vector<Item> items;
    for (size_t group = 0; group < groups_.size(); ++group) {
      Item& item = items.emplace_back();
      for (size_t i = 0; i < groups_[group].completions.size(); ++i) item.push_back({group, i});
    }
    return items;
  }

  void expect_same(const Result& actual, const Result& expected) {
    EXPECT_TENSOR_NEAR(actual.logprobs, expected.logprobs, kRounding);
    EXPECT_TENSOR_NEAR(actual.gradient, expected.gradient, kRounding);
  }

  model::QwenVl model_ = adapted_model({.rank = 4, .alpha = 8, .dropout = 0.3});
  at::Tensor gradients_;
  std::vector<Group> groups_ = {
      {test::tiny_prompt("Where does the walk lead?", nullptr),
       {{20, 30, 40, 469}, {21, 22}, {22, 35, 47, 59, 61, 469}}},
      {test::tiny_prompt("Which turn comes first?", nullptr), {{100, 101, 102}, {102, 469}}}};
};

TEST_F(LoraDropout, ChangesTheLogProbs) {
  const Result with = run({whole_groups()}), without = run({whole_groups()}, 1, false);
  EXPECT_GT((with.logprobs - without.logprobs).abs().max().item<float>(), 1e-3);
  const Result other = run({whole_groups()}, 2);
  EXPECT_GT((with.logprobs - other.logprobs).abs().max().item<float>(), 1e-3);
}

TEST_F(LoraDropout, IsTheSameInEveryMicroBatch) {
  const std::vector<Item> items = whole_groups();
  expect_same(run({{items[1]}, {items[0]}}), run({items}));
  expect_same(run({{items[1], items[0]}}), run({items}));
}

TEST_F(LoraDropout, IsTheSameWithoutPrefixSharing) {
  std::vector<Item> items;  // every completion with a prompt of its own
  for (const Item& group : whole_groups())
    for (const Place& place : group) items.push_back({place});
  expect_same(run({items}), run({whole_groups()}));
}

TEST_F(LoraDropout, IsOffWithoutKeys) {
  const at::NoGradGuard no_grad;
  const PackItem item{.prompt = &groups_[0].prompt, .completions = {&groups_[0].completions[0]}};
  const PackedBatch batch = pack(std::vector<PackItem>{item});
  EXPECT_FALSE(batch.dropout_keys_T.defined());
  const model::QwenVl no_dropout = adapted_model({.rank = 4, .alpha = 8});
  EXPECT_TRUE(at::equal(response_logprobs(model_, batch, 1.0).logprob_T,
                        response_logprobs(no_dropout, batch, 1.0).logprob_T));
}

// ------------------------------------------------------------------------------------------------
// Checkpoints and the reference
// ------------------------------------------------------------------------------------------------

class LoraCheckpoint : public ::testing::Test {
 protected:
  LoraCheckpoint() { test::write_tiny_model_folder(source()); }

  fs::path source() const { return folder_ / "source"; }
  fs::path checkpoint() const { return folder_ / "step-000001"; }
  void save(const model::QwenVl& model, const AdamW* optimizer = nullptr) {
    save_checkpoint(checkpoint(), source(), model.weights(), optimizer, TrainerState(),
                    {at::kBFloat16});
  }
  // The same base with fresh adapters.
  model::Weights fresh(const model::LoraOptions& options) const {
    const model::Weights base = model_.weights().without_adapters();
    return base.with_adapters(make_adapters(base, options));
  }
  std::string refusal(model::Weights weights) const {
    return test::error_text<core::CheckpointError>(
        [&] { load_checkpoint_weights(checkpoint(), weights); });
  }

  const model::LoraOptions options_{.rank = 4, .alpha = 8, .target_modules = {"q_proj", "fc1"}};
  test::TemporaryFolder folder_;
  model::QwenVl model_ = adapted_model(options_);
};

TEST_F(LoraCheckpoint, ComesBackBitByBit) {
  AdamW optimizer(model_.weights().trainable(), model_.weights().require_gradients(true), {}, true);
  optimizer.gradients().copy_(
      test::random_normal({model_.weights().trainable().num_parameters()}, 3));
  optimizer.step(1e-3);
  save(model_, &optimizer);
  model::Weights loaded = fresh(options_);
  load_checkpoint_weights(checkpoint(), loaded);
  EXPECT_TRUE(at::equal(loaded.trainable().flat(), model_.weights().trainable().flat()));
  AdamW restored(loaded.trainable(), loaded.require_gradients(true), {}, true);
  load_optimizer(checkpoint(), restored);
  EXPECT_TRUE(at::equal(restored.exp_avg, optimizer.exp_avg));
  EXPECT_TRUE(at::equal(restored.exp_avg_sq, optimizer.exp_avg_sq));
  EXPECT_EQ(restored.num_steps, 1);
}

TEST_F(LoraCheckpoint, HoldsAdaptersAndTokenizerButNoModel) {
  save(model_);
  EXPECT_TRUE(fs::exists(checkpoint() / "adapter_config.json"));
  EXPECT_TRUE(fs::exists(checkpoint() / "adapter_model.safetensors"));
  EXPECT_TRUE(fs::exists(checkpoint() / "tokenizer.json"));
  EXPECT_FALSE(fs::exists(checkpoint() / "config.json"));
  EXPECT_FALSE(fs::exists(checkpoint() / "model.safetensors"));
}

TEST_F(LoraCheckpoint, OfOtherOptionsIsRefused) {
  save(model_);
  EXPECT_THAT(refusal(fresh({.rank = 2, .alpha = 4, .target_modules = {"q_proj", "fc1"}})),
              HasSubstr("rank 4 and 2"));
  EXPECT_THAT(refusal(fresh({.rank = 4, .alpha = 4, .target_modules = {"q_proj", "fc1"}})),
              HasSubstr("scaling 2 and 1"));
  EXPECT_THAT(refusal(fresh({.rank = 4, .alpha = 8, .target_modules = {"q_proj"}})),
              HasSubstr("are not those of model.lora"));
  EXPECT_THAT(refusal(model_.weights().without_adapters()), HasSubstr("found adapters"));
}

TEST_F(LoraCheckpoint, OfAWholeModelIsRefusedWithLora) {
  save(test::tiny_model());
  EXPECT_THAT(refusal(fresh(options_)), HasSubstr("expected adapters"));
}

TEST_F(LoraCheckpoint, ReferenceSharesTheBaseAndHoldsTheAdaptersOfTheStart) {
  save(model_);
  const at::Tensor start = model_.weights().trainable().flat().clone();
  model_.weights().trainable().flat().add_(1);  // the policy moves on
  const model::Weights reference = reference_weights(model_.weights(), checkpoint());
  EXPECT_EQ(reference.flat().data_ptr(), model_.weights().flat().data_ptr());
  ASSERT_NE(reference.adapters(), nullptr);
  EXPECT_TRUE(at::equal(reference.adapters()->parameters().flat(), start));
}

TEST_F(LoraCheckpoint, ReferenceIsTheBaseIfAdaptersStartedAtZero) {
  save(model::QwenVl(model_.config(), fresh(options_)));
  const model::Weights reference = reference_weights(model_.weights(), checkpoint());
  EXPECT_EQ(reference.flat().data_ptr(), model_.weights().flat().data_ptr());
  EXPECT_EQ(reference.adapters(), nullptr);
}

// ------------------------------------------------------------------------------------------------
// The recipe
// ------------------------------------------------------------------------------------------------

TEST_F(LoraCheckpoint, ErrorsOfFoldersBeginWithTheirKey) {
  RunConfig config;
  config.model.path = source();  // without weights
  const auto refusal = [&] {
    return test::error_text<core::CheckpointError>(
        [&] { start_weights(config, test::tiny_config(), std::nullopt); });
  };
  EXPECT_THAT(refusal(), StartsWith("model.path: "));
  config.model.random_init = true;
  config.model.lora.path = folder_ / "nowhere";
  EXPECT_THAT(refusal(), StartsWith("model.lora.path: "));
}

TEST_F(LoraCheckpoint, StartsFromTheRecipe) {
  RunConfig config;
  config.model.path = source();
  config.model.random_init = true;
  config.model.lora.options = {.rank = 2, .alpha = 4};
  const model::ModelConfig model_config = test::tiny_config();
  const model::Weights all = start_weights(config, model_config, std::nullopt);
  EXPECT_TRUE(all.can_train_vision());
  EXPECT_TRUE(all.adapters()->adds_nothing());
  EXPECT_EQ(count_trained(config, all.specs()), all.trainable().num_parameters());
  config.model.train_vision = false;
  const model::Weights language = start_weights(config, model_config, std::nullopt);
  EXPECT_FALSE(language.can_train_vision()) << "a frozen tower has adapters";
  EXPECT_EQ(count_trained(config, all.specs()), language.trainable().num_parameters());
  EXPECT_NO_THROW(start_weights(config, test::tiny_config(model::ModelFamily::kQwen2Text), {}))
      << "a model without a tower has none to freeze";

  save(model_);
  config.model.lora.options = {.dropout = 0.5};
  config.model.lora.path = checkpoint();
  const model::Weights again = start_weights(config, model_config, std::nullopt);
  EXPECT_TRUE(at::equal(again.trainable().flat(), model_.weights().trainable().flat()));
  EXPECT_EQ(again.adapters()->options().dropout, 0.5);
  EXPECT_EQ(count_trained(config, all.specs()), again.trainable().num_parameters());
}

}  // namespace
}  // namespace retrace::rl
