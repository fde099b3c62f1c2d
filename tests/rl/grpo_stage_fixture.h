// GRPO steps on a tiny model, with rewards that a test writes down.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/files.h"
#include "data/video_writer.h"
#include "distributed/fake_communicator.h"
#include "rl/grpo_stage.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {

using Scorer = std::function<std::optional<double>(const reward::RewardInput&)>;

class ScriptedReward : public reward::RewardFn {
 public:
  explicit ScriptedReward(Scorer scorer) : scorer_(std::move(scorer)) {}
  std::string_view name() const override { return "scripted"; }
  std::optional<double> score(const reward::RewardInput& input) const override {
    return scorer_(input);
  }

 private:
  Scorer scorer_;
};

inline reward::RewardSpec scripted(Scorer scorer) {
  reward::RewardSpec spec{"scripted"};
  spec.make = [scorer](const reward::RewardResources&) {
    return std::unique_ptr<reward::RewardFn>(new ScriptedReward(scorer));
  };
  return spec;
}

// A reward that differs between completions.
inline double share_of_vowels(const reward::RewardInput& input) {
  const std::string_view text = input.completion;
  const auto vowels = std::count_if(text.begin(), text.end(), [](char c) {
    return std::string_view("aeiou").find(c) != std::string_view::npos;
  });
  return static_cast<double>(vowels) / static_cast<double>(text.size() + 1);
}

class GrpoStageTest : public ::testing::Test {
 protected:
  GrpoStageTest() {
    config_.run.seed = 3;
    config_.rollout.max_new_tokens = 6;
    config_.rollout.tile_rows = 8;
    config_.grpo.steps = 3;
    config_.grpo.group_size = 4;
    config_.grpo.prompts_per_step = 2;
    config_.grpo.lr.peak = 2e-4;
    config_.reward.rewards = {scripted(share_of_vowels)};
    for (int64_t i = 0; i < 3; ++i) {
      data::Sample& sample = samples_.emplace_back();
      sample.index = i;
      sample.problem = "Question " + std::to_string(i);
      sample.answer = 'A';
    }
  }

  void give_videos() {
    for (data::Sample& sample : samples_) {
      sample.videos = {folder_ / ("clip-" + std::to_string(sample.index) + ".mp4")};
      const auto seed = static_cast<uint64_t>(sample.index);
      const at::Tensor noise = test::random_normal({8, 3, 56, 56}, seed);
      data::write_video(sample.videos[0], (noise * 60 + 128).clamp(0, 255).to(at::kByte), {});
    }
  }

  struct Outcome {
    at::Tensor weights;  // flat, after the last step
    std::vector<std::map<std::string, double>> metrics;
    std::string headline;
    bool was_interrupted = false;
  };

  // `before_step` may change what scripted rewards look at.
  Outcome run(const std::filesystem::path& rollouts, double policy_noise = 0,
              const std::function<void(int64_t)>& before_step = {}) {
    model::ModelConfig model_config = test::tiny_config();
    model_config.max_positions = max_positions_;
    model::QwenVl policy(model_config, test::tiny_model().weights());
    auto reference =
        std::make_unique<model::QwenVl>(policy.config(), policy.weights().frozen_copy());
    at::Tensor flat = policy.weights().trainable().flat();
    if (policy_noise > 0) {
      const at::NoGradGuard no_grad;
      flat.add_(test::random_normal({flat.size(0)}, 9), policy_noise);
    }
    if (config_.grpo.loss.kl_coefficient == 0) reference = nullptr;
    data::FrameOptions frame_options;
    frame_options.sampler = {.rule = data::SamplingRule::kLinspaceFloor, .num_frames = 8};
    frame_options.min_pixels = frame_options.max_pixels = 56 * 56;
    data::FrameCache frames(frame_options, 1 << 24, disk_);
    const model::Processor processor = model::family_processor(policy.config().family);
    const PromptBuilder prompts({test::tiny_tokenizer(), policy.config(), processor, frames}, {});
    const RunContext context{config_, communicator_, policy, test::tiny_tokenizer(),
                             prompts, {judge_.get()}};
    std::filesystem::create_directories(rollouts);
    GrpoStage stage(context, samples_, std::move(reference), rollouts);
    Outcome outcome;
    for (int64_t step = 0; step < config_.grpo.steps; ++step) {
      if (before_step) before_step(step);
      const std::optional<StepReport> report = stage.run_step(step);
      if (!report) {
        outcome.was_interrupted = true;
        break;
      }
      std::map<std::string, double>& metrics = outcome.metrics.emplace_back();
      for (const core::Metric& metric : report->metrics) metrics[metric.name] = metric.value;
      outcome.headline = report->headline;
    }
    outcome.weights = flat.detach().clone();
    return outcome;
  }
  static at::Tensor start_weights() {
    return test::tiny_model().weights().trainable().flat().detach().clone();
  }
  static std::string all_lines(const std::filesystem::path& rollouts, std::string_view prefix) {
    std::string text;
    for (int64_t step = 1; step <= 3; ++step) {
      const std::string name = fmt::format("{}-{:06d}.jsonl", prefix, step);
      if (std::filesystem::exists(rollouts / name)) text += core::read_text_file(rollouts / name);
    }
    return text;
  }

  test::TemporaryFolder folder_;
  distributed::FakeCommunicator communicator_;
  RunConfig config_;
  std::vector<data::Sample> samples_;
  std::optional<int64_t> max_positions_;
  std::shared_ptr<data::DiskFrameCache> disk_;  // null: frames are kept in memory only
  std::unique_ptr<reward::Judge> judge_;        // for scripted rewards; null: none
};

}  // namespace retrace::rl
