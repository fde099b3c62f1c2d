// The whole of GRPO on one page: sample a group of answers about a video, score them, compare them
// with each other, and make the better ones more likely. Everything here is the product's own code;
// the trainer (rl/trainer.h) adds ranks, KL, micro-batches, checkpoints and evaluation around the
// same calls.
//
//   minimal_grpo assets/tiny data_cache/quickstart/train/qa.jsonl 20
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/random.h"
#include "data/frame_cache.h"
#include "data/jsonl_dataset.h"
#include "model/checkpoint_files.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "reward/rubric.h"
#include "rl/advantage.h"
#include "rl/optimizer.h"
#include "rl/packed_batch.h"
#include "rl/policy_loss.h"
#include "rl/prepared_prompt.h"
#include "rollout/engine.h"

namespace {

using namespace retrace;

constexpr int64_t kPromptsPerStep = 8;
constexpr int64_t kGroupSize = 8;
constexpr double kLearningRate = 1e-4;
constexpr uint64_t kSeed = 1;

data::FrameOptions tiny_frames() {
  data::FrameOptions options;
  options.sampler = {.rule = data::SamplingRule::kLinspaceFloor, .num_frames = 16};
  options.min_pixels = options.max_pixels = 84 * 56;  // EgoWorld's frames are used as they are
  return options;
}

// One question on its way through a step.
struct Work {
  const data::Sample* sample;
  rl::PreparedPrompt prompt;     // token ids, positions, vision patches
  at::Tensor vision_rows;        // [R, D] what the vision tower makes of the video
  rollout::RolloutGroup group;   // G sampled completions with their log-probs
  rl::GroupAdvantage advantage;  // how much better than its group each of them is
};

double run_step(int64_t step, const std::vector<data::Sample>& samples,
                const std::vector<int64_t>& order, const rl::PromptBuilder& prompts,
                model::QwenVl& policy, const rollout::RolloutEngine& engine,
                const reward::Rubric& rubric, rl::AdamW& optimizer) {
  // 1. The prompts: each video is decoded and seen by the (frozen) vision tower once.
  std::vector<Work> batch;
  for (int64_t i = 0; i < kPromptsPerStep; ++i) {
    const size_t slot = static_cast<size_t>(step * kPromptsPerStep + i) % order.size();
    Work& work = batch.emplace_back();
    work.sample = &samples[static_cast<size_t>(order[slot])];
    work.prompt = prompts.build(*work.sample);
    const at::NoGradGuard no_grad;
    work.vision_rows =
        policy.vision_embeddings(work.prompt.patches.pixel_values, work.prompt.patches.grids);
  }

  // 2. A group of completions for each prompt; every draw is a function of (seed, step, prompt,
  // completion, token).
  std::vector<rollout::RolloutRequest> requests;
  const core::RandomStream stream =
      core::RandomStream(kSeed, "sampling").substream(static_cast<uint64_t>(step));
  for (size_t i = 0; i < batch.size(); ++i) {
    requests.push_back(
        {&batch[i].prompt.tokens, batch[i].vision_rows, kGroupSize, stream.substream(i)});
  }
  std::vector<rollout::RolloutGroup> groups = engine.generate(requests, step);

  // 3. Rewards, and each completion's advantage over its own group.
  double reward_sum = 0;
  std::vector<rl::PackItem> items;
  std::vector<float> advantages;  // one a response token
  for (size_t i = 0; i < batch.size(); ++i) {
    Work& work = batch[i];
    work.group = std::move(groups[i]);
    std::vector<std::optional<double>> rewards;
    for (const rollout::Completion& completion : work.group.completions) {
      const bool truncated = completion.finish == rollout::FinishReason::kLength;
      rewards.push_back(rubric.score({completion.text, truncated, *work.sample}).total);
      reward_sum += *rewards.back();
    }
    work.advantage = rl::group_advantage(rewards, {});
    rl::PackItem& item =
        items.emplace_back(rl::PackItem{&work.prompt.tokens, {}, work.vision_rows});
    for (size_t g = 0; g < work.group.completions.size(); ++g) {
      const std::vector<int64_t>& ids = work.group.completions[g].ids;
      item.completions.push_back(&ids);
      advantages.insert(advantages.end(), ids.size(),
                        static_cast<float>(work.advantage.advantages[g]));
    }
  }

  // 4. One packed forward pass, [prompt | r1 | ... | rG] a group, and the policy gradient.
  const rl::PackedBatch packed = rl::pack(items);
  const kernels::TokenLogprob scored = rl::response_logprobs(policy, packed, /*temperature=*/1.0);
  rl::PolicyLossOptions options;
  options.kl_coefficient = 0;  // the trainer keeps a frozen reference; this page does not
  const rl::StepDenominators denominators{kPromptsPerStep * kGroupSize, packed.labels_R.size(0),
                                          96};
  const at::Tensor weights =
      rl::token_weights(packed.completion_lengths, denominators, options.aggregation);
  const rl::PolicyLoss loss = rl::policy_loss(scored.logprob_T, /*old=*/{}, /*reference=*/{},
                                              at::tensor(advantages), weights, options);
  loss.loss.backward();
  optimizer.step(kLearningRate);
  return reward_sum / static_cast<double>(kPromptsPerStep * kGroupSize);
}

int train(const std::filesystem::path& model_folder, const std::filesystem::path& questions,
          int64_t num_steps) {
  const model::ModelConfig config = model::read_model_config(model_folder);
  const model::Tokenizer tokenizer = model::Tokenizer::from_folder(model_folder);
  model::Weights weights(config);
  model::load_weights(model_folder, weights);
  model::QwenVl policy(config, std::move(weights));

  data::FrameCache frames(tiny_frames(), /*max_bytes=*/int64_t{1} << 30);
  const model::Processor processor = model::read_processor(model_folder, config);
  const rl::PromptBuilder prompts({tokenizer, policy.config(), processor, frames}, {});
  data::DatasetOptions dataset;
  dataset.file = questions;
  const std::vector<data::Sample> samples = data::read_dataset(dataset);
  const std::vector<int64_t> order =
      data::epoch_order(static_cast<int64_t>(samples.size()), kSeed, 0);

  rollout::RolloutOptions sampling;
  sampling.max_new_tokens = 96;
  sampling.stop_ids = {config.eos_token_id};
  sampling.banned_ids = model::unsampleable_ids(tokenizer, config);
  const rollout::RolloutEngine engine(policy, tokenizer, sampling);
  const reward::Rubric rubric({{"letter", 1.0}, {"format", 0.2}});
  rl::AdamW optimizer(policy.weights().trainable(),
                      policy.weights().require_gradients(/*vision=*/false), {},
                      /*train_vision=*/false);

  for (int64_t step = 0; step < num_steps; ++step) {
    const double reward =
        run_step(step, samples, order, prompts, policy, engine, rubric, optimizer);
    fmt::print("step {:3d}  mean reward {:.3f}\n", step + 1, reward);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: minimal_grpo MODEL_FOLDER QUESTIONS.jsonl STEPS\n");
    return static_cast<int>(core::ExitCode::kUsage);
  }
  at::set_num_threads(1);
  try {
    return train(argv[1], argv[2], std::stoll(argv[3]));
  } catch (const core::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return static_cast<int>(core::ExitCode::kUsage);
  }
}
