// Tiny random Qwen2-VL models against what transformers computed for them (make_model_golden.py):
// positions exact, vision embeddings, logits, loss and the gradient of every parameter within 1e-4
// of the largest magnitude.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "kernels/token_logprob.h"
#include "model/checkpoint_files.h"
#include "model/model_config.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/safetensors.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::model {
namespace {

constexpr test::Tolerance kParity{1e-4, 0};

std::filesystem::path case_folder(const std::string& name) {
  return std::filesystem::path(RETRACE_SOURCE_DIR) / "tests/golden/model" / name;
}

struct Reference {
  explicit Reference(const std::string& name) : file(case_folder(name) / "reference.safetensors") {
    const at::Tensor grid_thw = file.read("grid_thw");  // [n, 3]
    for (int64_t i = 0; i < grid_thw.size(0); ++i) {
      const at::Tensor row = grid_thw[i];
      grids.push_back({row[0].item<int64_t>(), row[1].item<int64_t>(), row[2].item<int64_t>()});
    }
    ids_T = file.read("input_ids");
    positions_3T = file.read("position_ids");
    pixel_values = file.read("pixel_values").to(at::kFloat);
    loss_rows = file.read("loss_rows");
  }

  SafetensorsReader file;
  std::vector<GridThw> grids;
  at::Tensor ids_T, positions_3T, pixel_values, loss_rows;
};

QwenVl load_model(const std::string& name) {
  ModelConfig config = read_model_config(case_folder(name));
  Weights weights(config);
  load_weights(case_folder(name), weights);
  return QwenVl(std::move(config), std::move(weights));
}

struct Forward {
  at::Tensor vision_rows, hidden_TD;
};

Forward run(const QwenVl& model, const Reference& reference) {
  PackedContext attention(kernels::single_segment_plan(reference.ids_T.size(0)));
  const at::Tensor rows = model.vision_embeddings(reference.pixel_values, reference.grids);
  const at::Tensor embeddings = model.embed(reference.ids_T, rows);
  return {rows, model.hidden_states(embeddings, reference.positions_3T, attention)};
}

class ModelGolden : public testing::TestWithParam<const char*> {};

TEST_P(ModelGolden, PositionsAreExact) {
  const Reference reference(GetParam());
  const at::Tensor ids = reference.ids_T;
  const std::vector<int64_t> id_list(ids.const_data_ptr<int64_t>(),
                                     ids.const_data_ptr<int64_t>() + ids.numel());
  const auto found =
      mrope_positions(id_list, read_model_config(case_folder(GetParam())), reference.grids);
  EXPECT_TRUE(found.positions.equal(reference.positions_3T)) << found.positions;
  EXPECT_EQ(found.next_position, reference.positions_3T.max().item<int64_t>() + 1);
}

TEST_P(ModelGolden, LogitsAndVisionEmbeddingsAgree) {
  const at::NoGradGuard no_grad;
  const Reference reference(GetParam());
  const QwenVl model = load_model(GetParam());
  const Forward forward = run(model, reference);
  EXPECT_TENSOR_NEAR(forward.vision_rows, reference.file.read("vision_embeddings"), kParity);
  EXPECT_TENSOR_NEAR(model.logits(forward.hidden_TD), reference.file.read("logits"), kParity);
}

TEST_P(ModelGolden, LossAndEveryGradientAgree) {
  const Reference reference(GetParam());
  QwenVl model = load_model(GetParam());
  model.weights().require_gradients(/*vision=*/true);
  const Forward forward = run(model, reference);
  const at::Tensor labels = reference.ids_T.index_select(0, reference.loss_rows + 1);
  const auto scores = kernels::token_logprob(forward.hidden_TD.index_select(0, reference.loss_rows),
                                             model.head_weight(), labels);
  const at::Tensor loss = scores.logprob_T.mean().neg();
  EXPECT_TENSOR_NEAR(loss.detach().unsqueeze(0), reference.file.read("loss"), kParity);
  loss.backward();
  size_t num_compared = 0;
  for (size_t i = 0; i < model.weights().specs().size(); ++i) {
    const std::string& name = model.weights().specs()[i].name;
    SCOPED_TRACE(name);
    EXPECT_TENSOR_NEAR(model.weights().at(i).grad(), reference.file.read("grad." + name), kParity);
    ++num_compared;
  }
  size_t num_stored = 0;
  for (const std::string& name : reference.file.names()) num_stored += name.starts_with("grad.");
  EXPECT_EQ(num_compared, num_stored);
}

INSTANTIATE_TEST_SUITE_P(Cases, ModelGolden,
                         testing::Values("gqa_tied_two_videos", "mha_untied_long_video",
                                         "mqa_untied_image_and_video"),
                         [](const auto& test_case) { return std::string(test_case.param); });

}  // namespace
}  // namespace retrace::model
