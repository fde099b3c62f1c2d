#include "rollout/logits_guard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "core/error.h"

namespace retrace::rollout {

void check_finite(std::span<const float> logits_V, const Sequence& sequence) {
  // An exponent of all ones is an infinity or a NaN. Integer compares, because the compiler
  // vectorises them.
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t num_bad = 0;
  for (const float logit : logits_V)
    num_bad += (std::bit_cast<uint32_t>(logit) & kExponent) == kExponent ? 1 : 0;
  if (num_bad == 0) return;
  const auto bad = std::find_if(logits_V.begin(), logits_V.end(),
                                [](float logit) { return !std::isfinite(logit); });
  core::throw_<core::DataError>(
      "rollout: request {}, completion {}, token {}: {} of {} logits are not finite (first: {} for "
      "id {}); the weights "
      "have diverged or the checkpoint is damaged: go back to an earlier checkpoint, or lower the "
      "learning rate",
      sequence.group_idx(), sequence.completion_idx(), sequence.num_tokens(), num_bad,
      logits_V.size(), *bad, bad - logits_V.begin());
}

}  // namespace retrace::rollout
