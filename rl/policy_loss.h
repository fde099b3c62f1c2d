// The clipped policy loss with a KL term, and how tokens add up to one number.
//
// Per token, with lp the policy's log-prob, old the log-prob under the policy that sampled it, ref
// the frozen reference's, A the advantage of its completion:
//
//   ratio = exp(lp - old)                                   old = stop-gradient(lp) when `old` is
//   undefined policy = -min(ratio A, clamp(ratio, 1 - clip_low, 1 + clip_high) A) k1 = lp - ref; k2
//   = (lp - ref)^2 / 2;  k3 = exp(x) - x - 1 with x = clamp(ref - lp, -kl_clamp, kl_clamp) token
//   loss = policy + kl_coefficient * k
//
// The loss of a step is the weighted sum of token losses over all ranks, with weights fixed by the
// aggregation:
//
//   kSequenceMean  1 / (length of the completion x completions in the step)   (GRPO, ST-R1, TRL
//   "grpo") kTokenMean     1 / tokens in the step                                     (DAPO)
//   kTokenSumNorm  1 / (max_new_tokens x completions in the step)             (Dr. GRPO)
//
// Denominators are global (all ranks, all micro-batches), so packing, micro-batches and rank count
// do not change it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace retrace::rl {

enum class KlEstimator { kK1, kK2, kK3 };
enum class LossAggregation { kSequenceMean, kTokenMean, kTokenSumNorm };

struct PolicyLossOptions {
  double clip_low = 0.2, clip_high = 0.2;
  double kl_coefficient = 0.04;  // 0: no KL term, no reference model
  KlEstimator kl_estimator = KlEstimator::kK3;
  double kl_clamp = 0;  // 0: no clamp; ST-R1's release uses 11
  LossAggregation aggregation = LossAggregation::kSequenceMean;
};

struct StepDenominators {
  int64_t num_completions = 0;  // of the step, all ranks
  int64_t num_tokens = 0;       // completion tokens of the step, all ranks
  int64_t max_new_tokens = 0;
};

// Weight of every token of completions of the given lengths, concatenated: [sum of lengths]
// float32.
at::Tensor token_weights(std::span<const int64_t> completion_lengths,
                         const StepDenominators& denominators, LossAggregation aggregation);

struct PolicyLoss {
  at::Tensor loss;  // scalar, differentiable: this micro-batch's share of the step's loss
  // Sums over this micro-batch's tokens, for metrics that are summed over micro-batches and ranks.
  double kl_sum = 0;       // unweighted KL estimate
  double clipped_sum = 0;  // tokens whose ratio was clipped with effect
};

// All [R] float32. `old_R` or `ref_R` may be undefined (ref only if kl_coefficient is 0).
PolicyLoss policy_loss(const at::Tensor& logprob_R, const at::Tensor& old_R,
                       const at::Tensor& ref_R, const at::Tensor& advantage_R,
                       const at::Tensor& weight_R, const PolicyLossOptions& options);

}  // namespace retrace::rl
