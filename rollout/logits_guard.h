// Stops a rollout whose model has gone wrong before it samples from garbage.
#pragma once

#include <span>

#include "rollout/sequence.h"

namespace retrace::rollout {

// Throws DataError naming request, completion and token if a logit is not finite.
void check_finite(std::span<const float> logits_V, const Sequence& sequence);

}  // namespace retrace::rollout
