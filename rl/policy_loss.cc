#include "rl/policy_loss.h"

#include <ATen/ATen.h>

#include <vector>

#include "core/error.h"
#include "core/shape.h"

namespace retrace::rl {
namespace {

at::Tensor kl_estimate(const at::Tensor& logprob_R, const at::Tensor& ref_R,
                       const PolicyLossOptions& options) {
  switch (options.kl_estimator) {
    case KlEstimator::kK1:
      return logprob_R - ref_R;
    case KlEstimator::kK2:
      return (logprob_R - ref_R).square() / 2;
    case KlEstimator::kK3: {
      at::Tensor x = ref_R - logprob_R;
      if (options.kl_clamp > 0) x = x.clamp(-options.kl_clamp, options.kl_clamp);
      return x.exp() - x - 1;
    }
  }
  core::throw_<core::InternalError>("unknown KL estimator");
}

}  // namespace

at::Tensor token_weights(std::span<const int64_t> completion_lengths,
                         const StepDenominators& denominators, LossAggregation aggregation) {
  RETRACE_CHECK(denominators.num_completions > 0 && denominators.num_tokens > 0,
                "a step without completions");
  std::vector<float> weights;
  const auto completions = static_cast<double>(denominators.num_completions);
  for (const int64_t length : completion_lengths) {
    double weight = 0;
    switch (aggregation) {
      case LossAggregation::kSequenceMean:
        weight = 1.0 / (static_cast<double>(length) * completions);
        break;
      case LossAggregation::kTokenMean:
        weight = 1.0 / static_cast<double>(denominators.num_tokens);
        break;
      case LossAggregation::kTokenSumNorm:
        weight = 1.0 / (static_cast<double>(denominators.max_new_tokens) * completions);
        break;
    }
    weights.insert(weights.end(), static_cast<size_t>(length), static_cast<float>(weight));
  }
  return at::tensor(weights, at::kFloat);
}

PolicyLoss policy_loss(const at::Tensor& logprob_R, const at::Tensor& old_R,
                       const at::Tensor& ref_R, const at::Tensor& advantage_R,
                       const at::Tensor& weight_R, const PolicyLossOptions& options) {
  const int64_t rows = logprob_R.size(0);
  core::check_shape(advantage_R, {rows}, "advantages");
  core::check_shape(weight_R, {rows}, "token weights");
  const at::Tensor old = old_R.defined() ? old_R : logprob_R.detach();
  core::check_shape(old, {rows}, "old log-probs");

  const at::Tensor ratio = (logprob_R - old).exp();
  const at::Tensor clipped = ratio.clamp(1.0 - options.clip_low, 1.0 + options.clip_high);
  at::Tensor token_loss = -at::minimum(ratio * advantage_R, clipped * advantage_R);

  PolicyLoss result;
  if (options.kl_coefficient != 0) {
    RETRACE_CHECK(ref_R.defined(), "a KL term needs reference log-probs");
    core::check_shape(ref_R, {rows}, "reference log-probs");
    const at::Tensor kl = kl_estimate(logprob_R, ref_R, options);
    token_loss = token_loss + options.kl_coefficient * kl;
    result.kl_sum = kl.detach().sum().item<double>();
  }
  result.loss = (token_loss * weight_R).sum();

  const at::NoGradGuard no_grad;
  result.clipped_sum = (clipped * advantage_R < ratio * advantage_R).sum().item<double>();
  return result;
}

}  // namespace retrace::rl
