// The record that flows through one GRPO step, one per prompt.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/sample.h"
#include "reward/rubric.h"
#include "rl/advantage.h"
#include "rl/packed_batch.h"
#include "rl/prepared_prompt.h"
#include "rl/vision_rows.h"
#include "rollout/types.h"

namespace retrace::rl {

// Completions about the same clips with their frames in another order: judged, never trained on.
struct ShuffledWork {
  PreparedPrompt prompt;
  at::Tensor vision_rows;             // [R, K*D], without gradient
  rollout::RolloutGroup group;        // [reward::Rubric::num_shuffled]
  std::vector<reward::Score> scores;  // of each completion
};

struct PromptWork {
  int64_t slot = 0;                            // of the run: names this draw of the sample
  std::shared_ptr<const data::Sample> sample;  // as drawn: its options may be in another order
  PreparedPrompt prompt;
  VisionRows vision;
  std::optional<core::RandomStream> dropout;   // of training rows; empty without LoRA dropout
  rollout::RolloutGroup group;                 // [G]
  std::vector<reward::Score> scores;           // [G]
  std::optional<ShuffledWork> shuffled;        // where a reward asks for it and there is a video
  GroupAdvantage advantage;                    // of the group
  std::vector<at::Tensor> reference_logprobs;  // [G] of [length]; empty without a KL term

  // All completions, in order, as one item of a packed batch.
  PackItem pack_item(const at::Tensor& vision_rows) const;
};

// One JSON line a completion: prompt, text, raw reward parts, total, advantage, finish reason, mean
// log-prob.
std::string rollout_lines(const std::vector<PromptWork>& work, int64_t step);
// The same of the frame-shuffled completions; without advantage.
std::string shuffled_lines(const std::vector<PromptWork>& work, int64_t step);

}  // namespace retrace::rl
