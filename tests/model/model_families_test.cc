// config.json as the hub has it for each family, and the names under which weights are written.
#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "model/checkpoint_files.h"
#include "model/checkpoint_writer.h"
#include "model/safetensors.h"
#include "tests/model/test_files.h"

namespace retrace::model {
namespace {

using core::CheckpointError;
using nlohmann::json;

json hub_qwen25_vl() {
  return json::parse(R"({
    "architectures": ["Qwen2_5_VLForConditionalGeneration"], "model_type": "qwen2_5_vl",
    "bos_token_id": 151643, "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 3584,
    "image_token_id": 151655, "intermediate_size": 18944, "max_window_layers": 28,
    "num_attention_heads": 28, "num_hidden_layers": 28, "num_key_value_heads": 4,
    "rms_norm_eps": 1e-06, "rope_theta": 1000000.0, "sliding_window": 32768,
    "rope_scaling": {"type": "mrope", "mrope_section": [16, 24, 24]},
    "tie_word_embeddings": false, "use_sliding_window": false, "video_token_id": 151656,
    "vision_config": {"depth": 32, "hidden_act": "silu", "hidden_size": 1280,
      "intermediate_size": 3420, "num_heads": 16, "in_chans": 3, "out_hidden_size": 3584,
      "patch_size": 14, "spatial_merge_size": 2, "spatial_patch_size": 14, "window_size": 112,
      "fullatt_block_indexes": [7, 15, 23, 31], "tokens_per_second": 2, "temporal_patch_size": 2},
    "vision_end_token_id": 151653, "vision_start_token_id": 151652, "vocab_size": 152064})");
}

json hub_qwen3_vl() {
  return json::parse(R"({
    "architectures": ["Qwen3VLForConditionalGeneration"], "model_type": "qwen3_vl",
    "image_token_id": 151655, "video_token_id": 151656, "tie_word_embeddings": true,
    "text_config": {"attention_bias": false, "bos_token_id": 151643, "eos_token_id": 151645,
      "head_dim": 128, "hidden_act": "silu", "hidden_size": 2560, "intermediate_size": 9728,
      "model_type": "qwen3_vl_text", "num_attention_heads": 32, "num_hidden_layers": 36,
      "num_key_value_heads": 8, "rms_norm_eps": 1e-06, "rope_theta": 5000000,
      "rope_scaling": {"mrope_interleaved": true, "mrope_section": [24, 20, 20],
                       "rope_type": "default"},
      "tie_word_embeddings": true, "vocab_size": 151936},
    "vision_config": {"deepstack_visual_indexes": [5, 11, 17], "depth": 24,
      "hidden_act": "gelu_pytorch_tanh", "hidden_size": 1024, "in_channels": 3,
      "intermediate_size": 4096, "model_type": "qwen3_vl", "num_heads": 16,
      "num_position_embeddings": 2304, "out_hidden_size": 2560, "patch_size": 16,
      "spatial_merge_size": 2, "temporal_patch_size": 2},
    "vision_end_token_id": 151653, "vision_start_token_id": 151652})");
}

json hub_qwen25_text() {
  return json::parse(R"({
    "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "bos_token_id": 151643,
    "eos_token_id": 151645, "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864,
    "max_window_layers": 21, "num_attention_heads": 14, "num_hidden_layers": 24,
    "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
    "sliding_window": 32768, "tie_word_embeddings": true, "use_sliding_window": false,
    "vocab_size": 151936})");
}

ModelConfig read(const json& config) {
  const TemporaryFolder folder;
  write_text(folder / "config.json", config.dump());
  return read_model_config(folder.path());
}

int64_t num_parameters(const ModelConfig& config) {
  int64_t total = 0;
  for (const ParameterSpec& spec : parameter_specs(config)) {
    int64_t size = 1;
    for (const int64_t extent : spec.shape) size *= extent;
    total += size;
  }
  return total;
}

TEST(ModelFamilies, Qwen25VlSevenBillion) {
  const ModelConfig config = read(hub_qwen25_vl());
  EXPECT_EQ(config.family, ModelFamily::kQwen25Vl);
  EXPECT_EQ(config.head_dim(), 128);
  EXPECT_TRUE(config.qkv_bias);
  EXPECT_EQ(config.vision.embed_dim, 1280);
  EXPECT_EQ(config.vision.mlp_dim, 3420);
  EXPECT_EQ(config.vision.window_size, 112);
  EXPECT_EQ(config.vision.tokens_per_second, 2);
  EXPECT_TRUE(config.vision.sees_whole_frames(15));
  EXPECT_FALSE(config.vision.sees_whole_frames(16));
  EXPECT_EQ(num_parameters(config), 8'292'166'656);  // as the hub counts the files
}

TEST(ModelFamilies, Qwen3VlFourBillion) {
  const ModelConfig config = read(hub_qwen3_vl());
  EXPECT_EQ(config.family, ModelFamily::kQwen3Vl);
  EXPECT_EQ(config.head_dim(), 128);  // not 2560 / 32
  EXPECT_FALSE(config.qkv_bias);
  EXPECT_TRUE(config.qk_norm);
  EXPECT_TRUE(config.mrope_interleaved);
  EXPECT_EQ(config.rope_theta, 5e6);
  EXPECT_TRUE(config.tie_word_embeddings);
  EXPECT_EQ(config.vision.patch_size, 16);
  EXPECT_EQ(config.vision.num_positions, 2304);
  EXPECT_EQ(config.vision.num_outputs(), 4);
  EXPECT_EQ(num_parameters(config), 4'437'815'808);  // as the hub counts the files
}

TEST(ModelFamilies, Qwen25TextHalfBillion) {
  const ModelConfig config = read(hub_qwen25_text());
  EXPECT_EQ(config.family, ModelFamily::kQwen2Text);
  EXPECT_FALSE(config.has_vision());
  EXPECT_EQ(config.image_token_id, -1);
  EXPECT_EQ(config.mrope_section, (std::vector<int64_t>{32, 0, 0}));
  EXPECT_EQ(num_parameters(config), 494'032'768);  // as the hub counts the files
}

TEST(ModelFamilies, WrongValuesAreNamedWithKeyAndExpectation) {
  struct Case {
    json config;
    const char* pointer;
    json value;
    const char* message;
  };
  const std::vector<Case> cases = {
      {hub_qwen25_vl(), "/vision_config/window_size", 20, "at least patch_size x"},
      {hub_qwen25_vl(), "/vision_config/out_hidden_size", 2048, "hidden_size, 3584"},
      {hub_qwen25_vl(), "/vision_config/hidden_act", "gelu", "expected \"silu\""},
      {hub_qwen25_vl(), "/vision_config/hidden_size", nullptr, "vision_config.hidden_size"},
      {hub_qwen25_vl(), "/rope_theta", nullptr, "'rope_theta'"},
      {hub_qwen3_vl(), "/vision_config/num_position_embeddings", 2300, "square of an integer"},
      {hub_qwen3_vl(), "/vision_config/deepstack_visual_indexes", {5, 5}, "ascending"},
      {hub_qwen3_vl(), "/vision_config/deepstack_visual_indexes", {24}, "below depth (24)"},
      {hub_qwen3_vl(), "/text_config/num_hidden_layers", 2, "each of the 2 decoder layers"},
      {hub_qwen3_vl(), "/text_config/head_dim", nullptr, "text_config.head_dim"},
      {hub_qwen3_vl(), "/text_config/attention_bias", true, "text_config.attention_bias"},
      {hub_qwen3_vl(), "/text_config/rope_scaling/mrope_interleaved", false, "true for this"},
      {hub_qwen3_vl(), "/architectures", {"Qwen3VLMoeForConditionalGeneration"}, "only one"},
      {hub_qwen25_text(), "/rope_scaling", {{"type", "yarn"}, {"factor", 4}}, "\"default\""},
      {hub_qwen25_text(), "/use_sliding_window", true, "sliding windows are not supported"},
      {hub_qwen25_text(), "/layer_types", {"sliding_attention"}, "'layer_types'"},
  };
  for (const Case& wrong : cases) {
    SCOPED_TRACE(std::string(wrong.pointer) + " = " + wrong.value.dump());
    json config = wrong.config;
    config[json::json_pointer(wrong.pointer)] = wrong.value;
    EXPECT_ERROR(read(config), CheckpointError, wrong.message);
  }
}

// Written as the hub has it: the names that are read are the names that come out.
TEST(ModelFamilies, WeightsAreWrittenUnderTheHubsNames) {
  for (const char* name : {"qwen2_vl_gqa_tied", "qwen2_5_vl_gqa_tied", "qwen3_vl_mha_untied",
                           "qwen2_text_mqa_untied"}) {
    SCOPED_TRACE(name);
    const std::filesystem::path source = golden_file(std::string("model/") + name);
    Weights weights(read_model_config(source));
    load_weights(source, weights);
    const TemporaryFolder folder;
    save_model(folder.path(), source, weights, {at::kHalf});
    const SafetensorsReader written(folder / "model.safetensors");
    const SafetensorsReader original(source / "model.safetensors");
    std::vector<std::string> names = written.names(), expected = original.names();
    std::sort(names.begin(), names.end());
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(names, expected);
    for (const std::string& tensor : names) {
      EXPECT_TRUE(written.read(tensor).equal(original.read(tensor))) << tensor;
    }
  }
}

// transformers: matrices and embeddings normal(0, 0.02), biases zero, norm scales one.
TEST(ModelFamilies, RandomWeightsAreThoseOfAFreshModel) {
  for (const char* name : {"qwen2_5_vl_gqa_tied", "qwen3_vl_mha_untied", "qwen2_text_mqa_untied"}) {
    Weights weights(read_model_config(golden_file(std::string("model/") + name)));
    initialise_randomly(weights, 5);
    for (size_t i = 0; i < weights.specs().size(); ++i) {
      const ParameterSpec& spec = weights.specs()[i];
      const at::Tensor& values = weights.at(i);
      if (spec.shape.size() == 1) {
        const double constant = spec.name.ends_with(".bias") ? 0 : 1;
        EXPECT_TRUE(values.eq(constant).all().item<bool>()) << spec.name;
      } else if (values.numel() >= 500) {
        EXPECT_NEAR(values.std().item<double>(), 0.02, 0.004) << spec.name;
      }
    }
  }
}

}  // namespace
}  // namespace retrace::model
