// The recipe: what `grpo_train` reads. Every field has a default and its meaning; validate() checks
// what spans components.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/config_node.h"
#include "data/reverse_thought.h"
#include "kernels/sampling.h"
#include "rl/advantage.h"
#include "rl/data_section.h"
#include "rl/judge_section.h"
#include "rl/lora_section.h"
#include "rl/lr_schedule.h"
#include "rl/media_sections.h"
#include "rl/optimizer.h"
#include "rl/policy_loss.h"
#include "rl/prepared_prompt.h"
#include "rl/reward_section.h"

namespace retrace::rl {

struct ModelSection {
  std::filesystem::path path;  // Hugging Face folder
  bool random_init = false;    // ignore its weights and start from random ones
  bool train_vision = true;    // false: the vision tower is frozen in every stage
  LoraSection lora;            // train adapters beside the frozen model
};

// What both training stages have.
struct TrainSection {
  DataSection data;
  std::string text_template;  // of this stage's prompts; empty: prompt.template
  int64_t steps = 0;          // 0: from epochs; both 0: the stage is off
  double epochs = 0;
  int64_t prompts_per_step = 8;  // over all ranks
  int64_t micro_batch_tokens =
      16384;  // packed rows a forward pass, a rank; changes memory, never the loss
  LrSchedule lr;
  AdamWOptions adamw;
  bool enabled() const { return steps > 0 || epochs > 0; }
};

struct SftSection : TrainSection {
  data::ThoughtForm thought = data::ThoughtForm::kFile;  // of the demonstrations
  data::ThoughtFallback thought_fallback = data::ThoughtFallback::kStop;
};

struct RolloutSection {
  int64_t max_new_tokens = 256;
  kernels::SamplingOptions sampling;
  int64_t tile_rows = 32;
};

struct GrpoSection : TrainSection {
  int64_t group_size = 8;
  int64_t updates_per_rollout = 1;  // mini-batches of whole groups; 1 is strictly on-policy
  AdvantageOptions advantage;
  PolicyLossOptions loss;
};

struct EvalSection {
  DataSection data;           // empty files: no evaluation
  std::string text_template;  // as in TrainSection
  int64_t every_steps = 0;    // also at the start and at the end of each stage; 0: only there
  bool blind = true;          // also the blind twin: every frame painted grey
  double temperature = 0.0;   // 0: greedy
};

struct CheckpointSection {
  int64_t every_steps = 50;  // also at the end of each stage; 0: only there
  int64_t keep_last = 2;     // older ones go, the KL reference excepted; 0 keeps all
  std::string dtype =
      "float32";  // of model.safetensors: float32 or bfloat16; resuming is exact with either
  double max_shard_gb = 5;     // a larger model is stored as shards with an index
  bool merge_adapters = true;  // with LoRA: the end of a run also writes the merged model
};

struct RunSection {
  std::filesystem::path dir = "runs/run";
  uint64_t seed = 1;
  int64_t threads = 1;  // intra-op threads a rank; more than 1 slows tiny models down
};

struct RunConfig {
  RunSection run;
  ModelSection model;
  VideoSection video;
  ImageSection image;
  PromptOptions prompt;
  SftSection sft;
  RolloutSection rollout;
  RewardSection reward;
  JudgeSection judge;
  GrpoSection grpo;
  EvalSection eval;
  CheckpointSection checkpoint;
  double deadline_seconds = 600;  // distributed.deadline_seconds: of every collective
  std::string resolved_yaml;      // everything read, defaults included
};

// Reads and checks a recipe. Throws ConfigError.
RunConfig read_run_config(const std::filesystem::path& recipe,
                          std::span<const std::string> overrides);

// The prompts of a stage or of evaluation, whose own template is `text_template`, empty for that of
// the recipe.
PromptOptions prompt_options(const RunConfig& config, const std::string& text_template);

// How long a step waits for its judgements: those that run when it is over end within
// judge.total_deadline_seconds, and still before another rank gives up waiting for this one.
double judging_limit_s(const RunConfig& config);

// The demonstrations of the sft stage: its samples, their solutions in the form the recipe asks
// for.
std::vector<data::Sample> load_demonstrations(const SftSection& section);

// The rules that need the number of ranks: prompts_per_step must be a multiple of it (and of
// updates_per_rollout times it). Throws ConfigError that states the arithmetic.
void validate_for_ranks(const RunConfig& config, int world_size);

}  // namespace retrace::rl
