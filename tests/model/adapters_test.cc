// LoRA adapters: which layers a pattern names, how they start, what they add, and their files.
#include "model/adapters.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.h"
#include "model/adapter_config.h"
#include "model/adapter_files.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "tests/model/test_files.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using core::ConfigError;
using Patterns = std::vector<std::string>;

ModelConfig tiny_config() {
  return read_model_config(tiny_folder());
}

Weights some_weights() {
  Weights weights(tiny_config());
  weights.flat().copy_(at::arange(weights.num_parameters()).sin().mul(0.02));
  return weights;
}

std::vector<std::string> matched(const Patterns& targets, const Patterns& excluded = {}) {
  const std::vector<ParameterSpec> specs = parameter_specs(tiny_config());
  LoraOptions options;
  options.target_modules = targets;
  options.exclude_modules = excluded;
  std::vector<std::string> names;
  for (const size_t index : match_modules(specs, options)) names.push_back(specs[index].name);
  return names;
}

Adapters make_adapters(const Weights& weights, LoraOptions options) {
  const std::vector<size_t> modules = match_modules(weights.specs(), options);
  return Adapters(weights.specs(), std::move(options), modules);
}

// Random A and B: every adapter adds something.
Weights adapted_weights(LoraOptions options) {
  const at::NoGradGuard no_grad;
  Weights weights = some_weights();
  Adapters adapters = make_adapters(weights, std::move(options));
  for (size_t i = 0; i < adapters.parameters().specs().size(); ++i) {
    const at::Tensor& tensor = adapters.parameters().at(i);
    tensor.copy_(at::arange(tensor.numel()).sin().view(tensor.sizes()) * 0.1);
  }
  return weights.with_adapters(std::move(adapters));
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

// ------------------------------------------------------------------------------------------------
// Files
// ------------------------------------------------------------------------------------------------

class AdapterFiles : public ::testing::Test {
 protected:
  AdapterFiles() { save_adapters(folder_.path(), *weights_.adapters(), "some/base"); }

  nlohmann::json config() const { return read_json(folder_ / "adapter_config.json"); }
  void change(const std::string& key, const nlohmann::json& value) {
    nlohmann::json changed = config();
    changed[key] = value;
    write_text(folder_ / "adapter_config.json", changed.dump());
  }
  std::vector<std::pair<std::string, at::Tensor>> tensors() const {
    const SafetensorsReader reader(folder_ / "adapter_model.safetensors");
    std::vector<std::pair<std::string, at::Tensor>> list;
    for (const std::string& name : reader.names()) list.emplace_back(name, reader.read(name));
    return list;
  }
  void write(const std::vector<std::pair<std::string, at::Tensor>>& list) {
    write_safetensors(folder_ / "adapter_model.safetensors", list);
  }
  Adapters load() const { return load_adapters(folder_.path(), weights_); }

  TemporaryFolder folder_;
  Weights weights_ = adapted_weights({.rank = 2,
                                      .alpha = 5,
                                      .dropout = 0.25,
                                      .use_rslora = true,
                                      .target_modules = {"q_proj", "mlp.up_proj"}});
};

TEST_F(AdapterFiles, HoldPeftsNamesAndOptions) {
  const nlohmann::json written = config();
  EXPECT_EQ(written["peft_type"], "LORA");
  EXPECT_EQ(written["base_model_name_or_path"], "some/base");
  EXPECT_EQ(written["r"], 2);
  EXPECT_EQ(written["lora_alpha"], 5);
  EXPECT_EQ(written["lora_dropout"], 0.25);
  EXPECT_EQ(written["use_rslora"], true);
  EXPECT_EQ(written["target_modules"], (nlohmann::json{"q_proj", "mlp.up_proj"}));
  const auto list = tensors();
  EXPECT_EQ(list.size(), static_cast<size_t>(4 * tiny_config().num_layers));
  EXPECT_EQ(list[0].first,
            "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight");
  EXPECT_EQ(count_adapter_values(folder_.path()), weights_.trainable().num_parameters());
}

TEST_F(AdapterFiles, NameTheirBase) {
  EXPECT_EQ(adapter_base(folder_.path()), "some/base");
  change("base_model_name_or_path", nullptr);
  EXPECT_EQ(adapter_base(folder_.path()), "");
  change("base_model_name_or_path", 3);
  EXPECT_ERROR(adapter_base(folder_.path()), CheckpointError, "base_model_name_or_path");
}

TEST_F(AdapterFiles, ComeBackBitByBit) {
  const Adapters loaded = load();
  EXPECT_TRUE(at::equal(loaded.parameters().flat(), weights_.trainable().flat()));
  EXPECT_EQ(loaded.options().scaling(), weights_.adapters()->options().scaling());
  EXPECT_EQ(loaded.options().dropout, 0.25);
  EXPECT_EQ(loaded.options().target_modules, (Patterns{"mlp.up_proj", "q_proj"}));
}

TEST_F(AdapterFiles, MayHaveHubNamesAndHalfPrecision) {
  auto list = tensors();
  for (auto& [name, tensor] : list) {
    const std::string nested = "model.language_model.";
    name.replace(name.find(nested), nested.size(), "model.");
    tensor = tensor.to(at::kBFloat16);
  }
  write(list);
  const at::Tensor rounded = weights_.trainable().flat().to(at::kBFloat16).to(at::kFloat);
  EXPECT_TRUE(at::equal(load().parameters().flat(), rounded));
}

TEST_F(AdapterFiles, SeveralPatternsBecomeOneExpression) {
  const Weights weights = adapted_weights(
      {.rank = 2, .target_modules = {"mlp.up_proj", ".*layers\\.0\\..*\\.q_proj", "merger.mlp.0"}});
  save_adapters(folder_.path(), *weights.adapters(), "");
  ASSERT_TRUE(config()["target_modules"].is_string());
  const Adapters loaded = load_adapters(folder_.path(), weights);
  EXPECT_EQ(loaded.options().target_modules.size(), 1u);
  EXPECT_EQ(loaded.entries().size(), weights.adapters()->entries().size());
}

TEST_F(AdapterFiles, PatternsThatMeanSomethingElseBecomeTheList) {
  change("target_modules", {"q_proj", "mlp.up_proj", "qkv"});
  const Adapters loaded = load();
  EXPECT_EQ(loaded.options().target_modules.size(), loaded.entries().size());
  EXPECT_EQ(loaded.options().target_modules[0], "model.language_model.layers.0.self_attn.q_proj");
}

TEST_F(AdapterFiles, OfAnotherKindAreRefusedByKey) {
  const auto refuses = [&](const std::string& key, const nlohmann::json& value) {
    const nlohmann::json before = config();
    change(key, value);
    EXPECT_ERROR(load(), CheckpointError, "adapter_config.json: key '" + key + "'");
    write_text(folder_ / "adapter_config.json", before.dump());
  };
  refuses("peft_type", "IA3");
  refuses("use_dora", true);
  refuses("modules_to_save", {"lm_head"});
  refuses("rank_pattern", {{"q_proj", 4}});
  refuses("alpha_pattern", {{"q_proj", 4}});
  refuses("bias", "all");
  refuses("lora_bias", true);
  refuses("fan_in_fan_out", true);
  refuses("layers_to_transform", {0});
  refuses("trainable_token_indices", {1});
  refuses("init_lora_weights", "pissa");
  refuses("r", 0);
  refuses("lora_dropout", 1.0);
  refuses("target_modules", 3);
}

TEST_F(AdapterFiles, WithWrongTensorsAreRefusedByName) {
  const auto whole = tensors();
  auto list = whole;
  list.erase(list.begin() + 1);
  write(list);
  EXPECT_ERROR(load(), CheckpointError, "'model.layers.0.self_attn.q_proj' has only lora_A.weight");
  list = whole;
  list[1].second = at::zeros({3, 3});
  write(list);
  EXPECT_ERROR(load(), CheckpointError, "q_proj.lora_B.weight': expected shape");
  list = whole;
  for (auto& [name, tensor] : list) name.replace(name.find("layers."), 7, "leyers.");
  write(list);
  EXPECT_ERROR(load(), CheckpointError, "model.leyers.0.mlp.up_proj");
  write({{"base_model.model.lm_head.weight", at::zeros({2})}});
  EXPECT_ERROR(load(), CheckpointError, "other kinds of trained tensors are not supported");
  list = whole;
  list[0].second.fill_(NAN);
  write(list);
  EXPECT_ERROR(load(), CheckpointError, "NaN");
}

}  // namespace
}  // namespace retrace::model
