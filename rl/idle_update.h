// Note [An update without a signal moves nothing]: where no advantage of the step differs from 0,
// the loss is the KL term alone. While the policy is still the reference, that term's gradient is
// 0 up to rounding (the two run in batches of other shapes); but AdamW divides a gradient by its
// own size, so its first step moves every weight by the learning rate in a random direction, and
// the term, real from then on, overshoots. Such an update is left out: weights, moments and the
// count of steps stay as they are. Once the policy has left the reference by more than rounding,
// the KL term acts in every step, as the objective says.
//
// Rounding is measured: the difference between the log-probs of sampling and of training, which are
// of the same policy, taken twice; or kLogprobRounding where that is larger.
#pragma once

namespace retrace::rl {

// A float32 log-prob of about -10 is exact to 1e-6; its sum has a few such terms.
inline constexpr double kLogprobRounding = 1e-5;  // nats

// Over the completion tokens of one update, all ranks.
struct UpdateEvidence {
  double num_live = 0;       // completions whose advantage is not 0
  double num_tokens = 0;     // at least 1
  double reference_gap = 0;  // sum of |log-prob - the reference's|; 0 without a KL term
  double rollout_gap = 0;    // sum of |log-prob - that of sampling|
};

// Whether the update may move the weights.
bool has_signal(const UpdateEvidence& evidence);

}  // namespace retrace::rl
