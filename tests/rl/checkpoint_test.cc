// Checkpoints: bit-exact round trips, and folders that a crash left behind.
#include "rl/checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "distributed/fake_communicator.h"
#include "model/checkpoint_files.h"
#include "model/safetensors.h"
#include "rl/grpo_stage.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TrainerState some_state() {
  return {.global_step = 12,
          .stage = "grpo",
          .stage_step = 7,
          .reference = "step-000005",
          .frozen_base = "00ff",
          .table = {{"base", "all", false, 3, 8}, {"SFT", "direction/forward", true, 0, 0}}};
}

class Checkpoint : public ::testing::Test {
 protected:
  Checkpoint() { test::write_tiny_model_folder(source()); }

  fs::path source() const { return folder_ / "source"; }
  fs::path at_step(int64_t step) const { return folder_.path() / checkpoint_name(step); }

  // A model and an optimizer that have seen two steps.
  AdamW train() {
    AdamW optimizer(model_.weights().trainable(), model_.weights().require_gradients(true), {},
                    true);
    for (uint64_t step = 0; step < 2; ++step) {
      optimizer.gradients().copy_(
          test::random_normal({model_.weights().num_parameters()}, 70 + step));
      optimizer.step(1e-3);
    }
    return optimizer;
  }

  void save(int64_t step, const std::string& dtype = "float32", const AdamW* optimizer = nullptr,
            const TrainerState& state = some_state()) {
    save_checkpoint(at_step(step), source(), model_.weights(), optimizer, state,
                    {dtype == "float32" ? at::kFloat : at::kBFloat16});
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_.path())) {
      const std::string name = entry.path().filename().string();
      if (name != "source") found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  test::TemporaryFolder folder_;
  model::QwenVl model_ = test::tiny_model();
};

TEST_F(Checkpoint, ComesBackBitByBit) {
  const AdamW optimizer = train();
  const at::Tensor weights = model_.weights().flat().detach().clone();
  for (const std::string dtype : {"float32", "bfloat16"}) {
    const int64_t step = dtype == "float32" ? 1 : 2;
    save(step, dtype, &optimizer);
    model::Weights loaded(test::tiny_config());
    load_checkpoint_weights(at_step(step), loaded);
    EXPECT_TRUE(at::equal(loaded.flat().detach(), weights)) << dtype;

    model::QwenVl other = test::tiny_model(9);
    AdamW restored(other.weights().trainable(), other.weights().require_gradients(true), {}, true);
    ASSERT_TRUE(has_optimizer(at_step(step)));
    load_optimizer(at_step(step), restored);
    EXPECT_TRUE(at::equal(restored.exp_avg, optimizer.exp_avg)) << dtype;
    EXPECT_TRUE(at::equal(restored.exp_avg_sq, optimizer.exp_avg_sq)) << dtype;
    EXPECT_EQ(restored.num_steps, 2);
  }
}

TEST_F(Checkpoint, HoldsAModelOfItsDtypeForOtherPrograms) {
  save(1, "bfloat16");
  const model::SafetensorsReader reader(at_step(1) / "model.safetensors");
  EXPECT_EQ(reader.read("model.norm.weight").scalar_type(), at::kBFloat16);
  model::Weights loaded(test::tiny_config());
  model::load_weights(at_step(1), loaded);
  EXPECT_TRUE(at::equal(loaded.flat().detach(),
                        model_.weights().flat().detach().to(at::kBFloat16).to(at::kFloat)));
  EXPECT_TRUE(fs::exists(at_step(1) / "config.json"));
  EXPECT_TRUE(fs::exists(at_step(1) / "tokenizer.json"));
}

TEST_F(Checkpoint, KeepsTheStateOfTheTrainer) {
  save(12);
  const TrainerState state = read_trainer_state(at_step(12));
  EXPECT_EQ(state.global_step, 12);
  EXPECT_EQ(state.stage, "grpo");
  EXPECT_EQ(state.stage_step, 7);
  EXPECT_EQ(state.reference, "step-000005");
  EXPECT_EQ(state.frozen_base, "00ff");
  ASSERT_EQ(state.table.size(), 2u);
  EXPECT_EQ(state.table[0].label, "base");
  EXPECT_EQ(state.table[0].correct, 3);
  EXPECT_EQ(state.table[1].group, "direction/forward");
  EXPECT_TRUE(state.table[1].blind);
  EXPECT_FALSE(has_optimizer(at_step(12)));
}

TEST_F(Checkpoint, IsNeverReplaced) {
  save(3);
  TrainerState other = some_state();
  other.stage_step = 99;
  save(3, "float32", nullptr, other);
  EXPECT_EQ(read_trainer_state(at_step(3)).stage_step, 7);
  EXPECT_THAT(names(), ElementsAre("step-000003")) << "a temporary folder is left";
}

TEST_F(Checkpoint, LatestIsTheOneWithMostSteps) {
  EXPECT_EQ(latest_checkpoint(folder_ / "nowhere"), std::nullopt);
  EXPECT_EQ(latest_checkpoint(folder_.path()), std::nullopt);
  for (const int64_t step : {90, 100, 9}) save(step);
  EXPECT_EQ(latest_checkpoint(folder_.path()), at_step(100));
}

TEST_F(Checkpoint, LatestIgnoresWhatIsNotWhole) {
  save(5);
  fs::create_directories(folder_ / ".step-000007.tmp-123" / "trainer_state");
  folder_.write(".step-000007.tmp-123/trainer_state/state.json", "{}");
  fs::create_directories(at_step(8));  // without a trainer state
  folder_.write("step-000009", "a file");
  fs::create_directories(folder_ / "other" / "trainer_state");
  folder_.write("other/trainer_state/state.json", "{}");
  EXPECT_EQ(latest_checkpoint(folder_.path()), at_step(5));
}

TEST_F(Checkpoint, PruningKeepsTheNewestAndTheNamed) {
  for (const int64_t step : {1, 2, 3, 4, 5}) save(step);
  prune_checkpoints(folder_.path(), 0, {});
  EXPECT_EQ(names().size(), 5u) << "0 keeps all";
  prune_checkpoints(folder_.path(), 2, {checkpoint_name(2), ""});
  EXPECT_THAT(names(), ElementsAre("step-000002", "step-000004", "step-000005"));
  prune_checkpoints(folder_.path(), 9, {});
  EXPECT_EQ(names().size(), 3u);
}

TEST_F(Checkpoint, WithABrokenStateIsRefused) {
  save(1);
  const auto refusal = [&](const std::string& content) {
    std::ofstream(at_step(1) / "trainer_state" / "state.json") << content;
    return test::error_text<core::CheckpointError>([&] { read_trainer_state(at_step(1)); });
  };
  for (const std::string content :
       {"", "{\"global_step\": 1", "[]", "{\"global_step\": \"one\", \"stage\": \"sft\"}"}) {
    EXPECT_THAT(refusal(content), HasSubstr("state.json: not a trainer state")) << content;
  }
}

TEST_F(Checkpoint, OfAnotherModelIsRefused) {
  const AdamW optimizer = train();
  save(1, "bfloat16", &optimizer);
  const fs::path state = at_step(1) / "trainer_state";
  model::write_safetensors(state / "weights.safetensors", {{"flat", at::zeros({5})}});
  model::write_safetensors(state / "optimizer.safetensors",
                           {{"exp_avg", optimizer.exp_avg},
                            {"exp_avg_sq", at::zeros({5})},
                            {"num_steps", at::zeros({1}, at::kLong)}});
  model::Weights loaded(test::tiny_config());
  EXPECT_THAT(
      test::error_text<core::CheckpointError>([&] { load_checkpoint_weights(at_step(1), loaded); }),
      HasSubstr("'flat' is missing or does not have"));
  AdamW restored = train();
  EXPECT_THAT(
      test::error_text<core::CheckpointError>([&] { load_optimizer(at_step(1), restored); }),
      HasSubstr("'exp_avg_sq' is missing or does not have"));
}

TEST_F(Checkpoint, OfAFrozenTowerHoldsMomentsOfTheRest) {
  const auto make = [&](bool train_vision) {
    return AdamW(model_.weights().trainable(), model_.weights().require_gradients(train_vision), {},
                 train_vision);
  };
  AdamW frozen = make(false);
  frozen.gradients().copy_(test::random_normal({frozen.gradients().numel()}, 5));
  frozen.step(1e-3);
  save(1, "float32", &frozen);
  AdamW restored = make(false);
  load_optimizer(at_step(1), restored);
  EXPECT_TRUE(at::equal(restored.exp_avg, frozen.exp_avg));
  EXPECT_TRUE(at::equal(restored.exp_avg_sq, frozen.exp_avg_sq));
  AdamW whole = make(true);
  EXPECT_THAT(test::error_text<core::CheckpointError>([&] { load_optimizer(at_step(1), whole); }),
              HasSubstr("model.train_vision"));
}

TEST_F(Checkpoint, OfATrainedTowerResumesWithAFrozenOne) {
  const AdamW optimizer = train();
  save(1, "float32", &optimizer);
  AdamW frozen(model_.weights().trainable(), model_.weights().require_gradients(false), {}, false);
  load_optimizer(at_step(1), frozen);
  EXPECT_TRUE(at::equal(frozen.exp_avg, frozen.of_trained(optimizer.exp_avg)));
  EXPECT_TRUE(at::equal(frozen.exp_avg_sq, frozen.of_trained(optimizer.exp_avg_sq)));
  EXPECT_LT(frozen.exp_avg.numel(), optimizer.exp_avg.numel());
  EXPECT_EQ(frozen.num_steps, 2);
}

TEST_F(Checkpoint, WithACutOptimizerIsRefused) {
  const AdamW optimizer = train();
  save(1, "float32", &optimizer);
  const fs::path file = at_step(1) / "trainer_state" / "optimizer.safetensors";
  fs::resize_file(file, fs::file_size(file) - 100);
  AdamW restored = train();
  EXPECT_THAT(
      test::error_text<core::CheckpointError>([&] { load_optimizer(at_step(1), restored); }),
      HasSubstr("optimizer.safetensors"));
}

TEST_F(Checkpoint, NeedsAModelFolderToCopyFrom) {
  EXPECT_THAT(test::error_text<core::CheckpointError>([&] {
                save_checkpoint(at_step(1), folder_ / "nowhere", model_.weights(), nullptr,
                                some_state(), {});
              }),
              HasSubstr("nowhere"));
  EXPECT_EQ(latest_checkpoint(folder_.path()), std::nullopt);
}

// ------------------------------------------------------------------------------------------------
// generation_config.json
// ------------------------------------------------------------------------------------------------

// Shipped ones ask for temperature 0.01, top_k 1 or a repetition penalty, which would ruin
// training.
TEST_F(Checkpoint, GenerationConfigGivesNoSampling) {
  std::ofstream(source() / "generation_config.json")
      << R"({"do_sample": true, "temperature": 0.01, "top_k": 1, "top_p": 0.001,
             "repetition_penalty": 1.05, "max_new_tokens": 3})";
  const model::ModelConfig model_config = model::read_model_config(source());
  model::QwenVl model(model_config, model_.weights());
  const RunConfig config;
  data::FrameCache frames({}, 0);
  const model::Processor processor = model::family_processor(model_config.family);
  const PromptBuilder prompts({test::tiny_tokenizer(), model_config, processor, frames}, {});
  distributed::FakeCommunicator communicator(1);
  const RunContext context{config, communicator, model, test::tiny_tokenizer(), prompts};
  const rollout::RolloutOptions options = rollout_options(context, 1.0);
  EXPECT_EQ(options.sampling.temperature, 1.0);
  EXPECT_EQ(options.sampling.top_k, 0);
  EXPECT_EQ(options.sampling.top_p, 1.0);
  EXPECT_EQ(options.max_new_tokens, 256);

  save(1);  // it is carried along as it is
  const auto text = [](const fs::path& folder) {
    return core::read_text_file(folder / "generation_config.json");
  };
  EXPECT_EQ(text(at_step(1)), text(source()));
}

}  // namespace
}  // namespace retrace::rl
