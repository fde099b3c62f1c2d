#include "model/model_config.h"

#include <functional>

#include "core/error.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using nlohmann::json;

// The tiny model's configuration after `edit`.
ModelConfig read_edited(const std::function<void(json&)>& edit) {
  const TemporaryFolder folder;
  json config = read_json(tiny_folder() / "config.json");
  edit(config);
  write_text(folder / "config.json", config.dump());
  return read_model_config(folder.path());
}

void expect_tiny(const ModelConfig& config) {
  EXPECT_EQ(config.hidden_size, 192);
  EXPECT_EQ(config.intermediate_size, 576);
  EXPECT_EQ(config.num_layers, 4);
  EXPECT_EQ(config.num_heads, 6);
  EXPECT_EQ(config.num_kv_heads, 2);
  EXPECT_EQ(config.head_dim(), 32);
  EXPECT_EQ(config.rope_theta, 10000);
  EXPECT_EQ(config.rms_norm_eps, 1e-6);
  EXPECT_EQ(config.mrope_section, (std::vector<int64_t>{4, 6, 6}));
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(config.max_positions, 4096);
  EXPECT_EQ(config.vision.depth, 3);
  EXPECT_EQ(config.vision.embed_dim, 128);
  EXPECT_EQ(config.vision.mlp_dim, 512);
  EXPECT_EQ(config.vision.patch_values(), 1176);
  EXPECT_EQ(config.eos_token_id, 469);
  EXPECT_EQ(config.pad_token_id, 467);
  EXPECT_EQ(config.video_token_id, 474);
  EXPECT_EQ(config.image_token_id, 473);
  EXPECT_EQ(config.vision_start_token_id, 470);
  EXPECT_EQ(config.vision_end_token_id, 471);
}

TEST(ModelConfig, ReadsTheFlatLayout) {
  expect_tiny(read_model_config(tiny_folder()));
}

TEST(ModelConfig, ReadsTheNestedLayoutThatTransformersSaves) {
  const TemporaryFolder folder;
  std::filesystem::copy_file(golden_file("text_nested_config.json"), folder / "config.json");
  expect_tiny(read_model_config(folder.path()));
}

TEST(ModelConfig, ReadsTheSpellingOfTheHubsFiles) {
  const ModelConfig config = read_edited([](json& c) {
    c.erase("tie_word_embeddings");
    c.erase("pad_token_id");
    c["eos_token_id"] = {469, 467};
    c["vision_config"].erase("in_channels");
    c["vision_config"]["in_chans"] = 3;
    c["vision_config"].erase("patch_size");
    c["sliding_window"] = nullptr;
    c.erase("max_position_embeddings");
  });
  EXPECT_EQ(config.max_positions, std::nullopt);
  EXPECT_FALSE(config.tie_word_embeddings);
  EXPECT_EQ(config.pad_token_id, 467);
  EXPECT_EQ(config.eos_token_id, 469);
  EXPECT_EQ(config.vision.patch_size, 14);
}

TEST(ModelConfig, KeepsTheFileAsRead) {
  const ModelConfig config = read_model_config(tiny_folder());
  EXPECT_EQ(config.raw_json, core::read_text_file(tiny_folder() / "config.json"));
}

TEST(ModelConfig, AMissingFileIsNamed) {
  const TemporaryFolder folder;
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "config.json");
}

TEST(ModelConfig, AnAdapterIsNotAModel) {
  const TemporaryFolder folder;
  write_text(folder / "adapter_config.json", "{}");
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "found a LoRA adapter");
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "as model.lora.path");
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "with merge_adapters");
}

TEST(ModelConfig, BrokenJsonIsNamedWithItsPlace) {
  const TemporaryFolder folder;
  write_text(folder / "config.json", "{\"model_type\": \"qwen2_vl\",\n oops");
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "config.json: not valid JSON");
  write_text(folder / "config.json", "[1]");
  EXPECT_ERROR(read_model_config(folder.path()), CheckpointError, "expected a JSON object");
}

TEST(ModelConfig, AnotherArchitectureIsRefusedByName) {
  EXPECT_ERROR(read_edited([](json& c) { c["model_type"] = "llama"; }), CheckpointError,
               "found \"llama\"");
  EXPECT_ERROR(read_edited([](json& c) { c["model_type"] = "qwen3_vl_moe"; }), CheckpointError,
               "expected one of \"qwen2_vl\", \"qwen2_5_vl\", \"qwen3_vl\", \"qwen2\" (the");
  EXPECT_ERROR(read_edited([](json& c) { c["architectures"] = {"Qwen2VLForTokens"}; }),
               CheckpointError, "expected \"Qwen2VLForConditionalGeneration\", the only one");
}

TEST(ModelConfig, WrongValuesAreNamedWithKeyAndExpectation) {
  const std::vector<std::tuple<std::string, json, std::string>> cases = {
      {"hidden_size", "192", "key 'hidden_size': expected an integer from 1 to"},
      {"hidden_size", 190, "key 'hidden_size': expected num_attention_heads (6) times"},
      {"hidden_size", 1e30, "key 'hidden_size': expected an integer"},
      {"hidden_size", -1, "key 'hidden_size'"},
      {"hidden_size", 18446744073709551615ull, "key 'hidden_size'"},
      {"num_hidden_layers", 0, "key 'num_hidden_layers'"},
      {"max_position_embeddings", 0, "key 'max_position_embeddings': expected an integer from 1"},
      {"num_key_value_heads", 4, "key 'num_key_value_heads': expected a divisor"},
      {"vocab_size", nullptr,
       "key 'vocab_size': expected an integer from 1 to 16777216, found nothing"},
      {"vocab_size", 400, "found 473"},
      {"rms_norm_eps", 0, "key 'rms_norm_eps'"},
      {"hidden_act", "gelu", "key 'hidden_act': expected \"silu\""},
      {"use_sliding_window", true, "key 'use_sliding_window'"},
      {"tie_word_embeddings", "yes", "key 'tie_word_embeddings': expected true or false"},
      {"eos_token_id", json::array(), "key 'eos_token_id'"},
      {"head_dim", 64, "key 'head_dim': expected hidden_size / num_attention_heads, 32"},
      {"rope_scaling", {{"type", "yarn"}, {"mrope_section", {4, 6, 6}}}, "rope_scaling.type"},
      {"rope_scaling", {{"type", "mrope"}, {"mrope_section", {4, 6, 7}}}, "add up to half"},
      {"rope_scaling", {{"type", "mrope"}, {"mrope_section", {8, 8}}}, "3 integers"},
      {"rope_scaling", nullptr, "key 'rope_scaling'"},
      {"vision_config", 3, "key 'vision_config': expected an object"},
      {"vision_config", {{"embed_dim", 130}, {"num_heads", 4}}, "vision_config.embed_dim"},
      {"vision_config", {{"hidden_size", 1536}}, "vision_config.hidden_size"},
      {"vision_config", {{"in_chans", 1}}, "vision_config.in_chans': expected 3 (RGB), found 1"},
      {"quantization_config", {{"bits", 4}}, "quantised"},
  };
  for (const auto& [key, value, message] : cases) {
    SCOPED_TRACE(key + " = " + value.dump());
    EXPECT_ERROR(read_edited([&](json& c) { c[key] = value; }), CheckpointError, message);
  }
}

TEST(ModelConfig, AFamilyDefaultIdBeyondASmallVocabularyIsRefused) {
  EXPECT_ERROR(read_edited([](json& c) { c.erase("video_token_id"); }), CheckpointError,
               "key 'video_token_id': expected a token id below vocab_size (480)");
}

}  // namespace
}  // namespace retrace::model
