// LoRA adapters that PEFT wrote, beside the models of model_golden_test, against what PEFT computed
// with them (make_lora_golden.py): logits, loss, the gradient of every adapter and the logits after
// merging within 1e-4 of the largest magnitude. Written back, the adapters are the same tensors.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "kernels/token_logprob.h"
#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "model/model_config.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

namespace fs = std::filesystem;

constexpr test::Tolerance kParity{1e-4, 0};

struct Case {
  const char* name;
  const char* model;
  size_t num_layers;
  bool adapts_vision;
};

std::ostream& operator<<(std::ostream& stream, const Case& value) {
  return stream << value.name;
}

const fs::path kGolden = fs::path(RETRACE_SOURCE_DIR) / "tests/golden";

class LoraGolden : public testing::TestWithParam<Case> {
 protected:
  fs::path model_folder() const { return kGolden / "model" / GetParam().model; }
  fs::path adapter_folder() const { return kGolden / "lora" / GetParam().name; }

  QwenVl load() const {
    ModelConfig config = read_model_config(model_folder());
    Weights weights(config);
    load_weights(model_folder(), weights);
    Adapters adapters = load_adapters(adapter_folder(), weights);
    return QwenVl(std::move(config), weights.with_adapters(std::move(adapters)));
  }

  at::Tensor input(const std::string& name) const { return inputs_.read("0." + name); }

  // Hidden states [T, D] of the model's first reference input.
  at::Tensor run(const QwenVl& model) const {
    const at::Tensor ids = input("input_ids");
    at::Tensor rows;
    if (inputs_.has("0.grid_thw")) {
      std::vector<GridThw> grids;
      const at::Tensor grid_thw = input("grid_thw");  // [n, 3]
      for (int64_t i = 0; i < grid_thw.size(0); ++i) {
        const int64_t* row = grid_thw.const_data_ptr<int64_t>() + 3 * i;
        grids.push_back({row[0], row[1], row[2]});
      }
      rows = model.vision_embeddings(input("pixel_values").to(at::kFloat), grids);
    }
    PackedContext attention(kernels::single_segment_plan(ids.size(0)));
    return model.hidden_states(model.embed(ids, rows), input("position_ids"), attention);
  }

  SafetensorsReader inputs_{model_folder() / "reference.safetensors"};
  SafetensorsReader reference_{adapter_folder() / "reference.safetensors"};
};

TEST_P(LoraGolden, AdaptsTheLayersThatPeftAdapts) {
  const QwenVl model = load();
  EXPECT_EQ(model.weights().adapters()->entries().size(), GetParam().num_layers);
  EXPECT_EQ(model.weights().adapters()->adapts_vision(), GetParam().adapts_vision);
}

TEST_P(LoraGolden, LogitsAgree) {
  const at::NoGradGuard no_grad;
  const QwenVl model = load();
  EXPECT_TENSOR_NEAR(model.logits(run(model)), reference_.read("logits"), kParity);
}

TEST_P(LoraGolden, LossAndEveryAdapterGradientAgree) {
  QwenVl model = load();
  model.weights().require_gradients(/*vision=*/true);
  const at::Tensor rows = input("loss_rows");
  const at::Tensor labels = input("input_ids").index_select(0, rows + 1);
  const at::Tensor loss =
      kernels::token_logprob(run(model).index_select(0, rows), model.head_weight(), labels)
          .logprob_T.mean()
          .neg();
  EXPECT_TENSOR_NEAR(loss.detach().unsqueeze(0), reference_.read("loss"), kParity);
  loss.backward();
  const ParameterSet& parameters = model.weights().trainable();
  ASSERT_EQ(parameters.specs().size(), 2 * GetParam().num_layers);
  for (size_t i = 0; i < parameters.specs().size(); ++i) {
    const std::string name = "base_model.model." + parameters.specs()[i].nested_name;
    SCOPED_TRACE(name);
    EXPECT_TENSOR_NEAR(parameters.at(i).grad(), reference_.read("grad." + name), kParity);
  }
  for (size_t i = 0; i < model.weights().specs().size(); ++i) {
    EXPECT_FALSE(model.weights().at(i).grad().defined()) << model.weights().specs()[i].name;
  }
}

TEST_P(LoraGolden, MergedLogitsAgree) {
  const at::NoGradGuard no_grad;
  const QwenVl adapted = load();
  Weights merged(adapted.config());
  for (size_t i = 0; i < merged.specs().size(); ++i)
    merged.at(i).copy_(adapted.weights().merged(i));
  const QwenVl model(adapted.config(), merged);
  EXPECT_TENSOR_NEAR(model.logits(run(model)), reference_.read("merged_logits"), kParity);
}

// Leaves the folder behind: check_saved_adapter.py loads it with PEFT.
TEST_P(LoraGolden, WrittenBackTheFilesHoldTheSame) {
  const QwenVl model = load();
  const fs::path folder = fs::path(RETRACE_BINARY_DIR) / "saved_adapters" / GetParam().name;
  fs::create_directories(folder);
  save_adapters(folder, *model.weights().adapters(), model_folder().string());
  const SafetensorsReader was(adapter_folder() / "adapter_model.safetensors");
  const SafetensorsReader is(folder / "adapter_model.safetensors");
  ASSERT_EQ(is.names().size(), was.names().size());
  for (const std::string& name : was.names()) {
    EXPECT_TRUE(at::equal(is.read(name), was.read(name))) << name;
  }
  const Adapters again = load_adapters(folder, model.weights());
  EXPECT_EQ(again.options().scaling(), model.weights().adapters()->options().scaling());
  EXPECT_EQ(again.options().dropout, model.weights().adapters()->options().dropout);
  EXPECT_TRUE(at::equal(again.parameters().flat(), model.weights().trainable().flat()));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LoraGolden,
    testing::Values(Case{"qwen2_vl_all_linear", "qwen2_vl_gqa_tied", 24, true},
                    Case{"qwen2_vl_expression_rslora", "qwen2_vl_mqa_untied", 5, true},
                    Case{"qwen2_5_vl_names_without_vision", "qwen2_5_vl_mha_untied", 6, false},
                    Case{"qwen3_vl_all_linear", "qwen3_vl_gqa_tied", 26, true},
                    Case{"qwen2_text_names", "qwen2_text_mqa_untied", 4, false}),
    [](const auto& test_case) { return std::string(test_case.param.name); });

}  // namespace
}  // namespace retrace::model
