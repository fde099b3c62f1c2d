// Tiny random models of every family against what transformers computed for them
// (make_model_golden.py): vision embeddings, logits and losses within 1e-5 of the largest
// magnitude, the gradient of every parameter within 1e-4, greedy answers of the rollout engine
// token by token.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "kernels/token_logprob.h"
#include "model/checkpoint_files.h"
#include "model/model_config.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "rollout/engine.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

// float32 sums over a few hundred terms, in another order than transformers has them. Gradients add
// up the differences of the backward pass: up to 4e-5 where attention is steep.
constexpr test::Tolerance kParity{1e-5, 1e-7}, kGradientParity{1e-4, 1e-7};
constexpr int64_t kNumGreedy = 32;
constexpr int64_t kImagePad = 44, kVideoPad = 45;

std::filesystem::path case_folder(const std::string& name) {
  return std::filesystem::path(RETRACE_SOURCE_DIR) / "tests/golden/model" / name;
}

struct Input {
  std::vector<GridThw> grids;  // in order of appearance
  at::Tensor ids_T, positions_3T, pixel_values, loss_rows;
  at::Tensor vision_embeddings, logits_TV, loss, greedy;  // expected
};

class Reference {
 public:
  explicit Reference(const std::string& name)
      : file_(case_folder(name) / "reference.safetensors"), names_(file_.names()) {
    while (has(fmt::format("{}.input_ids", inputs.size()))) {
      inputs.push_back(read_input(fmt::format("{}.", inputs.size())));
    }
  }

  at::Tensor gradient(const std::string& stored_name) const {
    return file_.read("grad." + stored_name);
  }
  int64_t num_gradients() const {
    return std::count_if(names_.begin(), names_.end(),
                         [](const std::string& name) { return name.starts_with("grad."); });
  }

  std::vector<Input> inputs;

 private:
  bool has(const std::string& name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }

  Input read_input(const std::string& prefix) const {
    Input input;
    input.ids_T = file_.read(prefix + "input_ids");
    input.positions_3T = file_.read(prefix + "position_ids");
    input.logits_TV = file_.read(prefix + "logits");
    input.loss_rows = file_.read(prefix + "loss_rows");
    input.loss = file_.read(prefix + "loss");
    input.greedy = file_.read(prefix + "greedy");
    if (!has(prefix + "grid_thw")) return input;
    input.pixel_values = file_.read(prefix + "pixel_values").to(at::kFloat);
    input.vision_embeddings = file_.read(prefix + "vision_embeddings");
    const at::Tensor grid_thw = file_.read(prefix + "grid_thw");  // [n, 3]
    for (int64_t i = 0; i < grid_thw.size(0); ++i) {
      const int64_t* row = grid_thw.const_data_ptr<int64_t>() + 3 * i;
      input.grids.push_back({row[0], row[1], row[2]});
    }
    return input;
  }

  SafetensorsReader file_;
  std::vector<std::string> names_;
};

QwenVl load_model(const std::string& name) {
  ModelConfig config = read_model_config(case_folder(name));
  Weights weights(config);
  load_weights(case_folder(name), weights);
  return QwenVl(std::move(config), std::move(weights));
}

at::Tensor vision_rows(const QwenVl& model, const Input& input) {
  if (input.grids.empty()) return {};
  return model.vision_embeddings(input.pixel_values, input.grids);
}

at::Tensor hidden_states(const QwenVl& model, const Input& input, const at::Tensor& vision) {
  PackedContext attention(kernels::single_segment_plan(input.ids_T.size(0)));
  return model.hidden_states(model.embed(input.ids_T, vision), input.positions_3T, attention);
}

std::vector<int64_t> to_vector(const at::Tensor& ids) {
  return {ids.const_data_ptr<int64_t>(), ids.const_data_ptr<int64_t>() + ids.numel()};
}

class ModelGolden : public testing::TestWithParam<const char*> {};

TEST_P(ModelGolden, LogitsAndVisionEmbeddingsAgree) {
  const at::NoGradGuard no_grad;
  const QwenVl model = load_model(GetParam());
  for (const Input& input : Reference(GetParam()).inputs) {
    const at::Tensor vision = vision_rows(model, input);
    if (vision.defined()) {
      EXPECT_TENSOR_NEAR(vision, input.vision_embeddings, kParity);
    }
    EXPECT_TENSOR_NEAR(model.logits(hidden_states(model, input, vision)), input.logits_TV, kParity);
  }
}

TEST_P(ModelGolden, LossesAndEveryGradientAgree) {
  const Reference reference(GetParam());
  QwenVl model = load_model(GetParam());
  model.weights().require_gradients(/*vision=*/true);
  for (const Input& input : reference.inputs) {
    const at::Tensor hidden = hidden_states(model, input, vision_rows(model, input));
    const at::Tensor labels = input.ids_T.index_select(0, input.loss_rows + 1);
    const at::Tensor loss =
        kernels::token_logprob(hidden.index_select(0, input.loss_rows), model.head_weight(), labels)
            .logprob_T.mean()
            .neg();
    EXPECT_TENSOR_NEAR(loss.detach().unsqueeze(0), input.loss, kParity);
    loss.backward();
  }
  const std::vector<ParameterSpec>& specs = model.weights().specs();
  for (size_t i = 0; i < specs.size(); ++i) {
    SCOPED_TRACE(specs[i].name);
    const at::Tensor expected =
        reference.gradient(checkpoint_name(model.config().family, specs[i].name));
    EXPECT_TENSOR_NEAR(model.weights().at(i).grad(), expected, kGradientParity);
  }
  EXPECT_EQ(reference.num_gradients(), static_cast<int64_t>(specs.size()));
}

// All inputs together through prefill and decode, as a policy samples.
TEST_P(ModelGolden, GreedyAnswersAreIdentical) {
  const at::NoGradGuard no_grad;
  const Reference reference(GetParam());
  const QwenVl model = load_model(GetParam());
  const Tokenizer tokenizer =
      Tokenizer::from_file(RETRACE_SOURCE_DIR "/tests/golden/text_tokenizer.json");
  std::vector<PromptTokens> prompts;
  for (const Input& input : reference.inputs) {
    PromptTokens& prompt = prompts.emplace_back();
    prompt.ids = to_vector(input.ids_T);
    prompt.positions = input.positions_3T;
    prompt.next_position = input.positions_3T.max().item<int64_t>() + 1;
  }
  std::vector<rollout::RolloutRequest> requests;
  for (size_t i = 0; i < prompts.size(); ++i) {
    requests.push_back({&prompts[i], vision_rows(model, reference.inputs[i]), 1,
                        core::RandomStream(1, "greedy").substream(i)});
  }
  rollout::RolloutOptions options;
  options.sampling.temperature = 0;
  options.max_new_tokens = kNumGreedy;
  options.banned_ids = {kImagePad, kVideoPad};
  const auto groups = rollout::RolloutEngine(model, tokenizer, options).generate(requests, 0);
  for (size_t i = 0; i < groups.size(); ++i) {
    EXPECT_EQ(groups[i].completions[0].ids, to_vector(reference.inputs[i].greedy)) << "input " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ModelGolden,
                         testing::Values("qwen2_vl_gqa_tied", "qwen2_vl_mha_untied",
                                         "qwen2_vl_mqa_untied", "qwen2_5_vl_gqa_tied",
                                         "qwen2_5_vl_mha_untied", "qwen2_5_vl_mqa_untied",
                                         "qwen3_vl_gqa_tied", "qwen3_vl_mha_untied",
                                         "qwen3_vl_mqa_untied", "qwen2_text_gqa_tied",
                                         "qwen2_text_mqa_untied"),
                         [](const auto& test_case) { return std::string(test_case.param); });

// The families whose positions depend on grids alone.
class PositionsGolden : public testing::TestWithParam<const char*> {};

TEST_P(PositionsGolden, PositionsAreExact) {
  const ModelConfig config = read_model_config(case_folder(GetParam()));
  for (const Input& input : Reference(GetParam()).inputs) {
    const auto found = mrope_positions(to_vector(input.ids_T), config, input.grids);
    EXPECT_TRUE(found.positions.equal(input.positions_3T)) << found.positions;
    EXPECT_EQ(found.next_position, input.positions_3T.max().item<int64_t>() + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PositionsGolden,
                         testing::Values("qwen2_vl_gqa_tied", "qwen2_vl_mha_untied",
                                         "qwen2_vl_mqa_untied", "qwen2_text_gqa_tied"),
                         [](const auto& test_case) { return std::string(test_case.param); });

}  // namespace
}  // namespace retrace::model
