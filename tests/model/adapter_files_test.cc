// PEFT's files of LoRA adapters: written, read back, and refused with the key or tensor at fault.
#include "model/adapter_files.h"

#include <ATen/ATen.h>

#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "model/adapter_config.h"
#include "model/safetensors.h"
#include "tests/model/some_adapters.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using Patterns = std::vector<std::string>;

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

// A link that leads nowhere, as a hub's cache leaves it, is no sign that there are no adapters.
TEST_F(AdapterFiles, BehindADanglingLinkAreNamed) {
  EXPECT_TRUE(has_adapter_files(folder_.path()));
  std::filesystem::remove(folder_ / "adapter_config.json");
  EXPECT_FALSE(has_adapter_files(folder_.path()));
  std::filesystem::create_symlink("nowhere", folder_ / "adapter_config.json");
  EXPECT_TRUE(has_adapter_files(folder_.path()));
  EXPECT_ERROR(load(), CheckpointError, (folder_ / "adapter_config.json").string());
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
