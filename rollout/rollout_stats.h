// What one call of the rollout engine did and where its time went.
#pragma once

#include <cstdint>

namespace retrace::rollout {

struct RolloutStats {
  int64_t num_prefills = 0;
  int64_t num_prompt_tokens = 0;
  int64_t num_decode_steps = 0;
  int64_t num_completion_tokens = 0;
  int64_t peak_prefixes = 0;  // prompts whose keys and values were in memory together
  double prefill_s = 0;
  double decode_s = 0;  // the model's part of the decode steps
  double sample_s = 0;
};

}  // namespace retrace::rollout
