#include "model/qwen_vl.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "kernels/token_logprob.h"
#include "tests/model/tiny_families.h"
#include "tests/support/tensor_matchers.h"

// T packed tokens, D model, V vocabulary.

namespace retrace::model {
namespace {

constexpr int kVideoPad = 61, kImagePad = 60;

ModelConfig tiny_config(bool tied, ModelFamily family) {
  ModelConfig config;
  config.vision = {.depth = 2, .embed_dim = 16, .num_heads = 2, .mlp_dim = 32, .patch_size = 2};
  config.vocab_size = 64;
  config.hidden_size = 32;
  config.intermediate_size = 48;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.mrope_section = {1, 1, 2};
  config.tie_word_embeddings = tied;
  config.image_token_id = kImagePad;
  config.video_token_id = kVideoPad;
  test::make_family(config, family);
  return config;
}

at::Tensor random_tensor(at::IntArrayRef sizes, uint64_t seed) {
  return at::empty(sizes).normal_(0, 1, at::make_generator<at::CPUGeneratorImpl>(seed));
}

QwenVl tiny_model(bool tied = true, ModelFamily family = ModelFamily::kQwen2Vl) {
  const ModelConfig config = tiny_config(tied, family);
  Weights weights(config);
  initialise_randomly(weights, 7);
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    if (weights.specs()[i].decays) weights.at(i).mul_(8);  // std 0.16: every part matters
  }
  return QwenVl(config, weights);
}

at::Tensor random_pixels(const ModelConfig& config, const std::vector<GridThw>& grids,
                         uint64_t seed) {
  int64_t num_patches = 0;
  for (const GridThw& grid : grids) num_patches += grid.num_patches();
  return random_tensor({num_patches, config.vision.patch_values()}, seed);
}

at::Tensor text_positions(int64_t begin, int64_t end) {
  return at::arange(begin, end, at::kLong).unsqueeze(0).expand({3, end - begin});
}

class VisionTowerOf : public testing::TestWithParam<ModelFamily> {
 protected:
  const QwenVl model_ = tiny_model(true, GetParam());
  const int64_t width_ = 32 * model_.config().vision.num_outputs();
};

TEST_P(VisionTowerOf, VideosTogetherEqualVideosAlone) {
  const at::NoGradGuard no_grad;
  const GridThw a{2, 2, 6}, b{1, 4, 4};
  const at::Tensor pixels = random_pixels(model_.config(), {a, b}, 1);
  const at::Tensor together = model_.vision_embeddings(pixels, {a, b});
  const at::Tensor alone = at::cat({model_.vision_embeddings(pixels.slice(0, 0, 24), {a}),
                                    model_.vision_embeddings(pixels.slice(0, 24, 40), {b})});
  EXPECT_EQ(together.sizes(), at::IntArrayRef({10, width_}));
  EXPECT_TENSOR_NEAR(together, alone, test::tolerance_for(at::kFloat));
  EXPECT_EQ(model_.num_vision_passes(), 4);
}

TEST_P(VisionTowerOf, AFramePairSeesOnlyItself) {
  const at::NoGradGuard no_grad;
  const GridThw grid{2, 4, 4};
  at::Tensor pixels = random_pixels(model_.config(), {grid}, 1);
  const at::Tensor before = model_.vision_embeddings(pixels, {grid}).clone();
  pixels.slice(0, 16, 32).mul_(-2);
  const at::Tensor after = model_.vision_embeddings(pixels, {grid});
  EXPECT_TENSOR_NEAR(after.slice(0, 0, 4), before.slice(0, 0, 4), test::tolerance_for(at::kFloat));
  EXPECT_GT((after.slice(0, 4, 8) - before.slice(0, 4, 8)).abs().max().item<float>(), 1e-2);
}

INSTANTIATE_TEST_SUITE_P(Families, VisionTowerOf, test::kVisionFamilies, test::family_name);

TEST(VisionTower, WithoutFullAttentionAWindowSeesOnlyItself) {
  const at::NoGradGuard no_grad;
  ModelConfig config = tiny_config(true, ModelFamily::kQwen25Vl);
  config.vision.full_attention_blocks = {};
  Weights weights(config);
  initialise_randomly(weights, 3);
  const QwenVl model(config, weights);
  const GridThw grid{1, 4, 6};  // 2 x 3 tokens, each a window
  at::Tensor pixels = random_pixels(config, {grid}, 1);
  const at::Tensor before = model.vision_embeddings(pixels, {grid}).clone();
  pixels.slice(0, 8, 12).mul_(-2);  // the patches of token 2
  const at::Tensor change = (model.vision_embeddings(pixels, {grid}) - before).abs().amax(1);
  for (int64_t token = 0; token < 6; ++token) {
    EXPECT_EQ(change[token].item<float>() > 1e-6, token == 2) << "token " << token;
  }
}

TEST(VisionTower, ATextOnlyModelHasNone) {
  const QwenVl model = tiny_model(true, ModelFamily::kQwen2Text);
  EXPECT_THROW(model.vision_embeddings(at::ones({4, 24}), {{1, 2, 2}}), core::InternalError);
}

TEST(VisionTower, WrongInputsAreRefused) {
  const QwenVl model = tiny_model();
  const at::Tensor pixels = random_pixels(model.config(), {{1, 2, 2}}, 1);
  EXPECT_THROW(model.vision_embeddings(pixels, {{1, 2, 4}}), core::InternalError);
  EXPECT_THROW(model.vision_embeddings(pixels, {{1, 1, 4}}), core::InternalError);
  EXPECT_THROW(model.vision_embeddings(pixels, {{0, 2, 2}}), core::InternalError);
  EXPECT_THROW(model.vision_embeddings(pixels, {}), core::InternalError);
  EXPECT_THROW(model.vision_embeddings(pixels.slice(1, 0, 5), {{1, 2, 2}}), core::InternalError);
  EXPECT_THROW(model.vision_embeddings(pixels.to(at::kDouble), {{1, 2, 2}}), core::InternalError);
  EXPECT_EQ(model.num_vision_passes(), 0);
}

TEST(Embed, PlaceholdersTakeVisionRowsInOrder) {
  const at::NoGradGuard no_grad;
  const QwenVl model = tiny_model();
  const at::Tensor ids = at::tensor({5, kVideoPad, kVideoPad, 6, kImagePad}, at::kLong);
  const at::Tensor rows = random_tensor({3, 32}, 2);
  const DecoderInput found = model.embed(ids, rows);
  const at::Tensor& table = model.weights().get("model.embed_tokens.weight");
  EXPECT_TRUE(
      found.embeddings_TD.equal(at::stack({table[5], rows[0], rows[1], table[6], rows[2]})));
  EXPECT_TRUE(found.deepstack_RD.empty());
  const DecoderInput text = model.embed(at::tensor({5, 6}, at::kLong), {});
  EXPECT_TRUE(text.embeddings_TD.equal(at::stack({table[5], table[6]})));
}

TEST(Embed, FurtherColumnsAreDeepstackFeatures) {
  const at::NoGradGuard no_grad;
  const QwenVl model = tiny_model(true, ModelFamily::kQwen3Vl);
  const at::Tensor ids = at::tensor({5, kVideoPad, 6, kImagePad}, at::kLong);
  const at::Tensor rows = random_tensor({2, 64}, 2);
  const DecoderInput found = model.embed(ids, rows);
  EXPECT_TRUE(found.embeddings_TD[1].equal(rows[0].narrow(0, 0, 32)));
  EXPECT_TRUE(found.vision_tokens_R.equal(at::tensor({1, 3}, at::kLong)));
  ASSERT_EQ(found.deepstack_RD.size(), 1);
  EXPECT_TRUE(found.deepstack_RD[0].equal(rows.narrow(1, 32, 32)));
  EXPECT_THROW(model.embed(ids, rows.narrow(1, 0, 32)), core::InternalError);
}

std::string embed_error(const at::Tensor& ids, const at::Tensor& rows) {
  try {
    tiny_model().embed(ids, rows);
  } catch (const core::InternalError& error) {
    return error.what();
  }
  return "";
}

TEST(Embed, WrongInputsAreRefusedWithTheReason) {
  using testing::HasSubstr;
  const at::Tensor ids = at::tensor({5, kVideoPad, kVideoPad}, at::kLong);
  EXPECT_THAT(embed_error(ids, {}), HasSubstr("2 vision placeholders in the ids, 0 rows"));
  EXPECT_THAT(embed_error(ids, at::ones({3, 32})),
              HasSubstr("2 vision placeholders in the ids, 3 rows"));
  EXPECT_THAT(embed_error(ids, at::ones({2, 31})), HasSubstr("vision_rows"));
  EXPECT_THAT(embed_error(at::tensor({64}, at::kLong), {}), HasSubstr("token 64 at row 0"));
  EXPECT_THAT(embed_error(at::tensor({3, -1}, at::kLong), {}), HasSubstr("token -1 at row 1"));
  EXPECT_THAT(embed_error(ids.to(at::kInt), {}), HasSubstr("ids"));
}

TEST(Head, TiedHeadIsTheEmbeddingAndUntiedItsOwn) {
  const QwenVl tied = tiny_model(true), untied = tiny_model(false);
  EXPECT_TRUE(tied.head_weight().is_same(tied.weights().get("model.embed_tokens.weight")));
  EXPECT_TRUE(untied.head_weight().is_same(untied.weights().get("lm_head.weight")));
}

// One prompt of 9 tokens with a video of 4, completions of 3 and 6.
struct Group {
  at::Tensor prompt_ids =
      at::tensor({1, 2, kVideoPad, kVideoPad, kVideoPad, kVideoPad, 3, 4, 5}, at::kLong);
  at::Tensor first = at::tensor({7, 8, 9}, at::kLong);
  at::Tensor second = at::tensor({10, 11, 12, 13, 14, 15}, at::kLong);
  GridThw grid{1, 4, 4};
};

// Log-probs of the completions' tokens after their first: [2 + 5].
at::Tensor completion_logprobs(const QwenVl& model, const Group& group, bool share_prefix) {
  const at::Tensor pixels = random_pixels(model.config(), {group.grid}, 3);
  const at::Tensor rows = model.vision_embeddings(pixels, {group.grid});
  const at::Tensor prompt = text_positions(0, 9), a = text_positions(9, 12),
                   b = text_positions(9, 15);
  at::Tensor ids, positions, vision, predictors;
  kernels::AttentionPlan plan;
  if (share_prefix) {
    ids = at::cat({group.prompt_ids, group.first, group.second});
    positions = at::cat({prompt, a, b}, 1);
    vision = rows;
    plan.segments = {{0, 9, -1}, {9, 12, 0}, {12, 18, 0}};
    predictors = at::tensor({9, 10, 12, 13, 14, 15, 16}, at::kLong);
  } else {
    ids = at::cat({group.prompt_ids, group.first, group.prompt_ids, group.second});
    positions = at::cat({prompt, a, prompt, b}, 1);
    vision = at::cat({rows, rows});
    plan.segments = {{0, 12, -1}, {12, 27, -1}};
    predictors = at::tensor({9, 10, 21, 22, 23, 24, 25}, at::kLong);
  }
  PackedContext attention(plan);
  const at::Tensor hidden = model.hidden_states(model.embed(ids, vision), positions, attention);
  return kernels::token_logprob(hidden.index_select(0, predictors), model.head_weight(),
                                ids.index_select(0, predictors + 1))
      .logprob_T;
}

class QwenVlOf : public testing::TestWithParam<ModelFamily> {};

TEST_P(QwenVlOf, SharedPrefixChangesNeitherLogprobsNorGradients) {
  for (const bool tied : {true, false}) {
    QwenVl model = tiny_model(tied, GetParam());
    const at::Tensor coefficients = random_tensor({7}, 4);
    at::Tensor gradients = model.weights().require_gradients(/*vision=*/true);
    const at::Tensor shared = completion_logprobs(model, {}, true);
    shared.backward(coefficients);
    const at::Tensor shared_gradients = gradients.clone();
    gradients.zero_();
    const at::Tensor repeated = completion_logprobs(model, {}, false);
    repeated.backward(coefficients);
    EXPECT_TENSOR_NEAR(shared, repeated, test::tolerance_for(at::kFloat));
    EXPECT_TENSOR_NEAR(shared_gradients, gradients, test::tolerance_for(at::kFloat));
    EXPECT_GT(gradients.abs().max().item<float>(), 1e-2);
  }
}

TEST_P(QwenVlOf, FrozenTowerGetsNoGradientAndTheDecoderTheSame) {
  QwenVl model = tiny_model(true, GetParam());
  const at::Tensor all = model.weights().require_gradients(/*vision=*/true);
  completion_logprobs(model, {}, true).sum().backward();
  const at::Tensor decoder_only = model.weights().require_gradients(/*vision=*/false);
  completion_logprobs(model, {}, true).sum().backward();
  int64_t offset = 0, decoder_offset = 0;
  for (size_t i = 0; i < model.weights().specs().size(); ++i) {
    const ParameterSpec& spec = model.weights().specs()[i];
    const int64_t size = model.weights().at(i).numel();
    const at::Tensor expected = all.narrow(0, offset, size);
    offset += size;
    if (spec.is_vision) {
      EXPECT_GT(expected.abs().max().item<float>(), 0) << spec.name;
      continue;
    }
    EXPECT_TRUE(decoder_only.narrow(0, decoder_offset, size).equal(expected)) << spec.name;
    decoder_offset += size;
  }
  EXPECT_EQ(decoder_only.numel(), decoder_offset) << "the tower has gradients";
}

INSTANTIATE_TEST_SUITE_P(Families, QwenVlOf, test::kVisionFamilies, test::family_name);

TEST(QwenVl, FollowsWeightsThatStartAndStopRequiringGradients) {
  QwenVl model = tiny_model();
  model.weights().require_gradients(/*vision=*/true);
  EXPECT_TRUE(completion_logprobs(model, {}, true).requires_grad());
  model.weights().forbid_gradients();
  EXPECT_FALSE(completion_logprobs(model, {}, true).requires_grad());
}

TEST(QwenVl, ChangedWeightsAreUsedAtOnce) {
  const at::NoGradGuard no_grad;
  QwenVl model = tiny_model();
  const at::Tensor before = completion_logprobs(model, {}, true);
  model.weights().flat().mul_(0.9);
  EXPECT_GT((completion_logprobs(model, {}, true) - before).abs().max().item<float>(), 1e-3);
}

TEST(QwenVl, WrongDecoderInputsAreRefused) {
  const QwenVl model = tiny_model();
  PackedContext attention(kernels::single_segment_plan(4));
  const at::Tensor positions = text_positions(0, 4);
  EXPECT_NO_THROW(model.hidden_states({at::ones({4, 32})}, positions, attention));
  EXPECT_THROW(model.hidden_states({at::ones({4, 31})}, positions, attention), core::InternalError);
  EXPECT_THROW(model.hidden_states({at::ones({5, 32})}, positions, attention), core::InternalError);
  EXPECT_THROW(model.hidden_states({at::ones({5, 32})}, text_positions(0, 5), attention),
               core::InternalError);
  EXPECT_THROW(PackedContext({}), core::InternalError);
}

}  // namespace
}  // namespace retrace::model
