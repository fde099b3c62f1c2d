// LoRA adapters: which layers a pattern names, how they start, and what they add.
#include "model/adapters.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.h"
#include "model/qwen_vl.h"
#include "tests/model/some_adapters.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::ConfigError;
using Patterns = std::vector<std::string>;

std::vector<std::string> matched(const Patterns& targets, const Patterns& excluded = {}) {
  const std::vector<ParameterSpec> specs = parameter_specs(tiny_config());
  LoraOptions options;
  options.target_modules = targets;
  options.exclude_modules = excluded;
  std::vector<std::string> names;
  for (const size_t index : match_modules(specs, options)) names.push_back(specs[index].name);
  return names;
}

// ------------------------------------------------------------------------------------------------
// Patterns
// ------------------------------------------------------------------------------------------------

TEST(MatchModules, ANameStandsForTheEndOfAPath) {
  const int64_t layers = tiny_config().num_layers;
  EXPECT_EQ(matched({"q_proj"}).size(), static_cast<size_t>(layers));
  EXPECT_EQ(matched({"self_attn.q_proj", "mlp.up_proj"}).size(), static_cast<size_t>(2 * layers));
  EXPECT_EQ(matched({"layers.0.self_attn.q_proj"}),
            Patterns{"model.layers.0.self_attn.q_proj.weight"});
  EXPECT_EQ(matched({"model.language_model.layers.0.self_attn.q_proj"}),
            Patterns{"model.layers.0.self_attn.q_proj.weight"});
}

TEST(MatchModules, AnExpressionStandsForTheWholePath) {
  EXPECT_EQ(matched({"model\\.language_model\\.layers\\.0\\..*\\.(q|v)_proj"}),
            (Patterns{"model.layers.0.self_attn.q_proj.weight",
                      "model.layers.0.self_attn.v_proj.weight"}));
  EXPECT_ERROR(matched({"layers\\.0\\..*q_proj"}), ConfigError, "matches no linear layer");
}

TEST(MatchModules, AllLinearIsEveryMatrixButTablesAndHead) {
  ModelConfig config = tiny_config();
  config.tie_word_embeddings = false;
  const std::vector<ParameterSpec> specs = parameter_specs(config);
  LoraOptions options;
  const std::vector<size_t> modules = match_modules(specs, options);
  size_t num_matrices = 0;
  for (const ParameterSpec& spec : specs) num_matrices += spec.shape.size() == 2;
  EXPECT_EQ(modules.size(), num_matrices - 2);  // embeddings and head
  options.exclude_modules = {"model\\.visual\\..*"};
  EXPECT_EQ(match_modules(specs, options).size(), static_cast<size_t>(7 * config.num_layers));
}

TEST(MatchModules, NamesWhatThereIsWhereNothingMatches) {
  EXPECT_ERROR(matched({"q_porj"}), ConfigError, "'q_porj' matches no linear layer");
  EXPECT_ERROR(matched({"q_porj"}), ConfigError, "model.language_model.layers.N.self_attn.q_proj");
  EXPECT_ERROR(matched({"q_porj"}), ConfigError, "model.visual.merger.mlp.0");
  EXPECT_ERROR(matched({"roj"}), ConfigError, "'roj' matches no linear layer");
  EXPECT_ERROR(matched({"qkv"}, {"model\\.visual\\..*"}), ConfigError, "'qkv' matches no");
  EXPECT_ERROR(matched({"all-linear"}, {".*"}), ConfigError, "'all-linear' matches no");
}

TEST(MatchModules, RefusesAnExclusionThatTakesNothingOut) {
  EXPECT_ERROR(matched({"all-linear"}, {"q_porj"}), ConfigError,
               "exclude_modules: 'q_porj' matches no layer");
  EXPECT_ERROR(matched({"all-linear"}, {"q_proj", "q_porj"}), ConfigError,
               "model.language_model.layers.N.self_attn.q_proj");
  EXPECT_ERROR(matched({"all-linear"}, {"visual"}), ConfigError, "'visual' matches no layer");
  EXPECT_ERROR(matched({"q_proj"}, {"all-linear"}), ConfigError, "'all-linear' matches no layer");
  EXPECT_EQ(matched({"q_proj"}, {"v_proj"}), matched({"q_proj"})) << "out of what was never in";
  EXPECT_EQ(matched({"q_proj"}, {"input_layernorm"}), matched({"q_proj"}))
      << "a layer, if no target";
}

TEST(MatchModules, RefusesWhatIsNoLinearLayer) {
  EXPECT_ERROR(matched({"embed_tokens"}), ConfigError, "which is no linear layer");
  EXPECT_ERROR(matched({"proj"}), ConfigError, "'model.visual.patch_embed.proj'");
  EXPECT_ERROR(matched({"input_layernorm"}), ConfigError, "which is no linear layer");
}

TEST(MatchModules, RefusesWhatIsNoExpression) {
  EXPECT_ERROR(matched({"(q_proj"}), ConfigError, "expected a name or a regular expression");
  EXPECT_ERROR(matched({""}), ConfigError, "is empty");
  EXPECT_ERROR(matched({"([a-z_.0-9]+)*[!?]"}), ConfigError, "limit");
  EXPECT_ERROR(matched({"q_proj\n("}), ConfigError, "module pattern 'q_proj\\n('");
  EXPECT_ERROR(matched({"q_proj\n"}), ConfigError, "'q_proj\\n' matches no linear layer");
}

// ------------------------------------------------------------------------------------------------
// Adapters
// ------------------------------------------------------------------------------------------------

TEST(Adapters, StartAsPeftStartsThem) {
  const Weights weights = some_weights();
  Adapters adapters = make_adapters(weights, {.rank = 16, .alpha = 32});
  initialise_adapters(adapters, 5);
  EXPECT_TRUE(adapters.adds_nothing());
  const ParameterSet& parameters = adapters.parameters();
  const at::Tensor& a = parameters.get("model.layers.0.mlp.down_proj.lora_A.weight");
  const double bound = 1 / std::sqrt(static_cast<double>(a.size(1)));
  EXPECT_LE(a.abs().max().item<double>(), bound);
  EXPECT_NEAR(a.std().item<double>(), bound / std::sqrt(3.0), 0.05 * bound);
  EXPECT_NEAR(a.mean().item<double>(), 0, 0.05 * bound);
  Adapters narrow = make_adapters(weights, {.rank = 16, .target_modules = {"down_proj"}});
  initialise_adapters(narrow, 5);
  EXPECT_TRUE(at::equal(narrow.parameters().get("model.layers.0.mlp.down_proj.lora_A.weight"), a))
      << "values depend on more than seed and name";
}

TEST(Adapters, AreWhatTrains) {
  Weights weights = adapted_weights({.rank = 3, .target_modules = {"q_proj", "qkv"}});
  EXPECT_EQ(&weights.trainable(), &weights.adapters()->parameters());
  EXPECT_TRUE(weights.can_train_vision());
  const at::Tensor gradients = weights.require_gradients(/*vision=*/false);
  EXPECT_EQ(gradients.numel(), weights.trainable().num_trained(/*vision=*/false));
  EXPECT_EQ(weights.trainable().num_trained(/*vision=*/true), weights.trainable().num_parameters());
  for (size_t i = 0; i < weights.specs().size(); ++i) EXPECT_FALSE(weights.at(i).requires_grad());
  const ParameterSet& parameters = weights.trainable();
  for (size_t i = 0; i < parameters.specs().size(); ++i) {
    EXPECT_EQ(parameters.at(i).requires_grad(), !parameters.specs()[i].is_vision);
  }
  EXPECT_FALSE(adapted_weights({.rank = 3, .target_modules = {"q_proj"}}).can_train_vision());
}

TEST(Adapters, AddTheirProductToALayer) {
  const at::NoGradGuard no_grad;
  for (const bool use_rslora : {false, true}) {
    const Weights weights = adapted_weights(
        {.rank = 4, .alpha = 6, .use_rslora = use_rslora, .target_modules = {"o_proj"}});
    const Adapters& adapters = *weights.adapters();
    const Adapters::Entry& entry = adapters.entries()[1];
    const at::Tensor a = adapters.parameters().at(entry.a), b = adapters.parameters().at(entry.b);
    const at::Tensor x = at::randn({5, a.size(1)}), y = at::randn({5, b.size(0)});
    const double scaling = use_rslora ? 3.0 : 1.5;
    EXPECT_TENSOR_NEAR(adapters.add_to(y, entry.weight, x, {}),
                       y + scaling * at::mm(at::mm(x, a.t()), b.t()),
                       test::tolerance_for(at::kFloat));
    EXPECT_TENSOR_NEAR(weights.merged(entry.weight),
                       weights.at(entry.weight) + scaling * at::mm(b, a),
                       test::tolerance_for(at::kFloat));
    const size_t other = entry.weight + 1;  // a norm: no adapter
    EXPECT_TRUE(adapters.add_to(y, other, x, {}).is_same(y));
  }
}

TEST(Adapters, DropTheirInputOnlyWithKeys) {
  const at::NoGradGuard no_grad;
  const Weights weights =
      adapted_weights({.rank = 4, .alpha = 6, .dropout = 0.5, .target_modules = {"o_proj"}});
  const Adapters& adapters = *weights.adapters();
  const Adapters::Entry &first = adapters.entries()[0], &second = adapters.entries()[1];
  EXPECT_NE(first.place, second.place);
  const at::Tensor x = at::randn({5, adapters.parameters().at(first.a).size(1)});
  const at::Tensor y = at::zeros({5, adapters.parameters().at(first.b).size(0)});
  const at::Tensor keys = at::arange(5, at::kLong);
  const at::Tensor dropped = adapters.add_to(y, first.weight, x, keys);
  EXPECT_FALSE(at::allclose(dropped, adapters.add_to(y, first.weight, x, {})));
  EXPECT_TRUE(at::equal(dropped, adapters.add_to(y, first.weight, x, keys)));
}

TEST(Adapters, AFrozenCopySharesTheBase) {
  Weights weights = adapted_weights({.rank = 2, .target_modules = {"v_proj"}});
  weights.require_gradients(true);
  const Weights copy = weights.frozen_copy();
  EXPECT_EQ(copy.flat().data_ptr(), weights.flat().data_ptr());
  EXPECT_NE(copy.trainable().flat().data_ptr(), weights.trainable().flat().data_ptr());
  EXPECT_TRUE(at::equal(copy.trainable().flat(), weights.trainable().flat()));
  EXPECT_FALSE(copy.trainable().at(0).requires_grad());
}

TEST(Adapters, AFrozenCopyLeavesOutWhatAddsNothing) {
  const Weights base = some_weights();
  Adapters adapters = make_adapters(base, {.rank = 2});
  initialise_adapters(adapters, 1);
  const Weights copy = base.with_adapters(std::move(adapters)).frozen_copy();
  EXPECT_EQ(copy.adapters(), nullptr);
  EXPECT_EQ(copy.flat().data_ptr(), base.flat().data_ptr());
}

}  // namespace
}  // namespace retrace::model
