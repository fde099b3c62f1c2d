#include "rl/lr_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace retrace::rl {

double learning_rate(const LrSchedule& schedule, int64_t step, int64_t num_steps) {
  if (step < schedule.warmup_steps) {
    return schedule.peak * static_cast<double>(step + 1) /
           static_cast<double>(schedule.warmup_steps + 1);
  }
  const int64_t remaining = std::max<int64_t>(num_steps - schedule.warmup_steps, 1);
  const double progress = std::min(
      1.0, static_cast<double>(step - schedule.warmup_steps) / static_cast<double>(remaining));
  double shape = 1.0;
  switch (schedule.decay) {
    case LrDecay::kConstant:
      return schedule.peak;
    case LrDecay::kLinear:
      shape = 1.0 - progress;
      break;
    case LrDecay::kCosine:
      shape = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
      break;
  }
  return schedule.peak * (schedule.final_fraction + (1.0 - schedule.final_fraction) * shape);
}

}  // namespace retrace::rl
