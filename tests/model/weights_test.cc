#include "model/weights.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "tests/model/test_files.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

ModelConfig tiny_config() {
  return read_model_config(tiny_folder());
}

// transformers' in-memory name in the layout of the hub's files.
std::string hub_name(std::string name) {
  for (const auto& [prefix, replacement] :
       {std::pair{"model.visual.", "visual."}, std::pair{"model.language_model.", "model."}}) {
    if (name.starts_with(prefix)) return replacement + name.substr(std::string(prefix).size());
  }
  return name;
}

TEST(ParameterSpecs, NamesShapesAndOrderAreThoseOfTransformers) {
  ModelConfig config = tiny_config();
  config.tie_word_embeddings = false;  // transformers' state dictionary lists the head in any case
  const std::vector<ParameterSpec> specs = parameter_specs(config);
  const nlohmann::json expected = read_json(golden_file("text_golden.json")).at("parameters");
  ASSERT_EQ(specs.size(), expected.size());
  for (size_t i = 0; i < specs.size(); ++i) {
    EXPECT_EQ(specs[i].name, hub_name(expected[i][0])) << "parameter " << i;
    EXPECT_EQ(specs[i].shape, expected[i][1].get<std::vector<int64_t>>()) << specs[i].name;
  }
}

TEST(ParameterSpecs, TiedEmbeddingsHaveNoHead) {
  const std::vector<ParameterSpec> specs = parameter_specs(tiny_config());
  EXPECT_EQ(specs.back().name, "model.norm.weight");
}

TEST(ParameterSpecs, OnlyMatricesAndEmbeddingsDecay) {
  for (const ParameterSpec& spec : parameter_specs(tiny_config())) {
    EXPECT_EQ(spec.decays, spec.shape.size() > 1) << spec.name;
    EXPECT_EQ(spec.is_vision, spec.name.starts_with("visual.")) << spec.name;
  }
}

TEST(Weights, NamedTensorsAreViewsOfTheFlatBuffer) {
  Weights weights(tiny_config());
  weights.flat().fill_(0.5);
  int64_t num_values = 0;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    EXPECT_TRUE(weights.at(i).eq(0.5).all().item<bool>()) << weights.specs()[i].name;
    num_values += weights.at(i).numel();
  }
  EXPECT_EQ(num_values, weights.num_parameters());
  weights.get("model.norm.weight").fill_(2);
  EXPECT_EQ(weights.flat()[-1].item<float>(), 2);
}

TEST(Weights, AnUnknownNameIsAnInternalError) {
  const Weights weights(tiny_config());
  EXPECT_ERROR(weights.get("model.nrom.weight"), core::InternalError, "model.nrom.weight");
}

TEST(Weights, BackwardPassesAccumulateIntoTheFlatGradient) {
  Weights weights(tiny_config());
  const at::Tensor gradients = weights.require_gradients(/*vision=*/true);
  const void* storage = gradients.data_ptr();
  for (int pass = 0; pass < 2; ++pass) {
    at::Tensor loss = at::zeros({});
    for (size_t i = 0; i < weights.specs().size(); ++i) {
      loss = loss + weights.at(i).sum() * static_cast<double>(i + 1);
    }
    loss.backward();
  }
  EXPECT_EQ(gradients.data_ptr(), storage);
  int64_t offset = 0;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const at::Tensor part = gradients.narrow(0, offset, weights.at(i).numel());
    EXPECT_TRUE(part.eq(2.0 * static_cast<double>(i + 1)).all().item<bool>())
        << weights.specs()[i].name;
    EXPECT_TRUE(weights.at(i).grad().data_ptr() == part.data_ptr()) << weights.specs()[i].name;
    offset += weights.at(i).numel();
  }
}

TEST(Weights, ZeroingTheFlatGradientZeroesEveryGradient) {
  Weights weights(tiny_config());
  at::Tensor gradients = weights.require_gradients(true);
  weights.get("model.norm.weight").square().sum().backward();
  weights.get("model.norm.weight").sum().backward();
  EXPECT_GT(weights.get("model.norm.weight").grad().abs().sum().item<float>(), 0);
  gradients.zero_();
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    EXPECT_EQ(weights.at(i).grad().abs().sum().item<float>(), 0) << weights.specs()[i].name;
  }
}

TEST(Weights, AFrozenVisionTowerGetsNoGradients) {
  Weights weights(tiny_config());
  const at::Tensor gradients = weights.require_gradients(/*vision=*/false);
  int64_t num_frozen = 0;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    EXPECT_EQ(weights.at(i).requires_grad(), !weights.specs()[i].is_vision);
    EXPECT_EQ(weights.at(i).grad().defined(), !weights.specs()[i].is_vision);
    if (weights.specs()[i].is_vision) num_frozen += weights.at(i).numel();
  }
  EXPECT_GT(num_frozen, 0);
  EXPECT_EQ(gradients.numel(), weights.num_parameters() - num_frozen) << "memory for the tower";
  weights.forbid_gradients();
  EXPECT_FALSE(weights.get("model.norm.weight").requires_grad());
  EXPECT_FALSE(weights.get("model.norm.weight").grad().defined());
}

TEST(Weights, AnUpdateOfTheFlatBufferIsSeenByTheNextForward) {
  Weights weights(tiny_config());
  at::Tensor gradients = weights.require_gradients(true);
  const at::Tensor& norm = weights.get("model.norm.weight");
  norm.sum().backward();
  {
    const at::NoGradGuard no_grad;
    weights.flat().sub_(gradients, 0.25);
  }
  EXPECT_EQ(norm.sum().item<float>(), -0.25f * static_cast<float>(norm.numel()));
}

TEST(Weights, AFrozenCopyIsDeepAndWithoutGradients) {
  Weights weights(tiny_config());
  initialise_randomly(weights, 1);
  weights.require_gradients(true);
  const Weights copy = weights.frozen_copy();
  EXPECT_TRUE(at::equal(copy.flat(), weights.flat()));
  EXPECT_FALSE(copy.get("model.norm.weight").requires_grad());
  weights.flat().zero_();
  EXPECT_EQ(copy.get("model.norm.weight")[0].item<float>(), 1);
}

TEST(InitialiseRandomly, ValuesHaveTheArchitecturesStatistics) {
  Weights weights(tiny_config());
  initialise_randomly(weights, 7);
  const at::Tensor& embedding = weights.get("model.embed_tokens.weight");
  EXPECT_NEAR(embedding.std().item<double>(), 0.02, 0.0003);
  EXPECT_NEAR(embedding.mean().item<double>(), 0, 0.0003);
  EXPECT_TRUE(weights.get("model.layers.1.self_attn.k_proj.bias").eq(0).all().item<bool>());
  EXPECT_TRUE(weights.get("visual.blocks.0.norm1.weight").eq(1).all().item<bool>());
  EXPECT_TRUE(weights.get("visual.merger.ln_q.bias").eq(0).all().item<bool>());
}

TEST(InitialiseRandomly, ValuesDependOnSeedAndNameOnly) {
  Weights weights(tiny_config());
  ModelConfig other_config = tiny_config();
  other_config.num_layers = 1;
  other_config.vision.depth = 1;
  Weights other(other_config);
  initialise_randomly(weights, 3);
  initialise_randomly(other, 3);
  const char* name = "model.layers.0.mlp.up_proj.weight";
  EXPECT_TRUE(at::equal(weights.get(name), other.get(name)));
  initialise_randomly(other, 4);
  EXPECT_FALSE(at::equal(weights.get(name), other.get(name)));
  EXPECT_FALSE(at::equal(weights.get(name), weights.get("model.layers.1.mlp.up_proj.weight")));
}

}  // namespace
}  // namespace retrace::model
