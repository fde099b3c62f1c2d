#include "rl/idle_update.h"

#include <algorithm>

namespace retrace::rl {

bool has_signal(const UpdateEvidence& evidence) {
  if (evidence.num_live > 0) return true;
  const double rounding =
      std::max(2 * evidence.rollout_gap / evidence.num_tokens, kLogprobRounding);
  return evidence.reference_gap / evidence.num_tokens > rounding;
}

}  // namespace retrace::rl
