// Learning rate of a step: linear warm-up from 0, then constant, or linear or cosine decay to
// `final_fraction`.
#pragma once

#include <cstdint>

namespace retrace::rl {

enum class LrDecay { kConstant, kLinear, kCosine };

struct LrSchedule {
  double peak = 1e-5;
  LrDecay decay = LrDecay::kLinear;
  int64_t warmup_steps = 0;
  double final_fraction = 0.0;  // of the peak, at the last step
};

// `step` from 0 to num_steps - 1. Warm-up: peak * (step + 1) / (warmup_steps + 1). Then progress p
// goes from 0 to (n - 1) / n over the n remaining steps: linear 1 - p, cosine (1 + cos(pi p)) / 2,
// scaled into [final_fraction, 1].
double learning_rate(const LrSchedule& schedule, int64_t step, int64_t num_steps);

}  // namespace retrace::rl
