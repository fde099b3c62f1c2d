// What one sampled completion is. No torch: the sequence and the scheduler are plain C++.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::rollout {

enum class FinishReason { kStop, kLength };
std::string_view to_string(FinishReason reason);  // "stop", "length"

struct Completion {
  std::vector<int64_t> ids;     // the stop token included
  std::vector<float> logprobs;  // one per id, full distribution at the sampling temperature
  std::string text;             // decoded, special tokens left out
  FinishReason finish = FinishReason::kStop;
  int64_t policy_version = 0;
};

struct RolloutGroup {
  std::vector<Completion> completions;  // [G]
};

}  // namespace retrace::rollout
