// The policy loss against hand-computed values, finite differences and its own parts.
#include "rl/policy_loss.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "core/error.h"
#include "tests/rl/error_text.h"
#include "tests/rl/tiny_model.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::rl {
namespace {

at::Tensor one(double value) {
  return at::full({1}, value, at::kDouble);
}

PolicyLossOptions without_kl() {
  PolicyLossOptions options;
  options.kl_coefficient = 0;
  return options;
}

// ------------------------------------------------------------------------------------------------
// Values
// ------------------------------------------------------------------------------------------------

struct ClipCase {
  double ratio, advantage, clip_high, loss;
  bool is_clipped;
};

TEST(PolicyLoss, ClipsTheRatioWhereThatIsPessimistic) {
  for (const ClipCase& c : std::vector<ClipCase>{{1.5, 1, 0.2, -1.2, true},
                                                 {0.5, 1, 0.2, -0.5, false},
                                                 {1.5, -1, 0.2, 1.5, false},
                                                 {0.5, -1, 0.2, 0.8, true},
                                                 {5, -1, 0.2, 5, false},
                                                 {1.5, 1, 0.28, -1.28, true},
                                                 {1.1, 1, 0.2, -1.1, false},
                                                 {1.5, 0, 0.2, 0, false}}) {
    PolicyLossOptions options = without_kl();
    options.clip_high = c.clip_high;
    const PolicyLoss result =
        policy_loss(one(std::log(c.ratio)), one(0), {}, one(c.advantage), one(1), options);
    EXPECT_NEAR(result.loss.item<double>(), c.loss, 1e-12) << c.ratio << " " << c.advantage;
    EXPECT_EQ(result.clipped_sum, c.is_clipped ? 1 : 0) << c.ratio << " " << c.advantage;
  }
}

// The KL estimate of one token, as the loss of a token without advantage.
double kl_of(double reference_minus_policy, KlEstimator estimator, double clamp) {
  PolicyLossOptions options;
  options.kl_coefficient = 1;
  options.kl_estimator = estimator;
  options.kl_clamp = clamp;
  const PolicyLoss result =
      policy_loss(one(-13), {}, one(-13 + reference_minus_policy), one(0), one(1), options);
  EXPECT_NEAR(result.loss.item<double>(), result.kl_sum, 1e-9);
  return result.kl_sum;
}

TEST(PolicyLoss, EstimatesKlInThreeWays) {
  EXPECT_NEAR(kl_of(0.5, KlEstimator::kK1, 0), -0.5, 1e-12);
  EXPECT_NEAR(kl_of(0.5, KlEstimator::kK2, 0), 0.125, 1e-12);
  EXPECT_NEAR(kl_of(0.5, KlEstimator::kK3, 0), 0.1487213, 1e-7);
  EXPECT_NEAR(kl_of(-0.5, KlEstimator::kK3, 0), 0.1065307, 1e-7);
  EXPECT_NEAR(kl_of(0, KlEstimator::kK3, 0), 0, 1e-12);
}

TEST(PolicyLoss, ClampsOnlyTheExponentOfK3) {
  EXPECT_NEAR(kl_of(12, KlEstimator::kK3, 0), 162741.79, 0.01);  // TRL
  EXPECT_NEAR(kl_of(12, KlEstimator::kK3, 11), 59862.14, 0.01);  // ST-R1
  EXPECT_NEAR(kl_of(12, KlEstimator::kK3, 10), 22015.47, 0.01);  // Video-R1
  EXPECT_NEAR(kl_of(-12, KlEstimator::kK3, 11), std::exp(-11.0) + 10, 1e-9);
  EXPECT_NEAR(kl_of(12, KlEstimator::kK1, 11), -12, 1e-12);
  EXPECT_NEAR(kl_of(12, KlEstimator::kK2, 11), 72, 1e-12);
}

TEST(PolicyLoss, RefusesAKlTermWithoutReference) {
  EXPECT_THROW(policy_loss(one(0), {}, {}, one(1), one(1), PolicyLossOptions{}),
               core::InternalError);
}

TEST(PolicyLoss, RefusesTensorsOfAnotherLength) {
  const at::Tensor two = at::zeros({2}, at::kDouble);
  EXPECT_THROW(policy_loss(one(0), two, {}, one(1), one(1), without_kl()), core::InternalError);
  EXPECT_THROW(policy_loss(one(0), {}, {}, two, one(1), without_kl()), core::InternalError);
  EXPECT_THROW(policy_loss(one(0), {}, {}, one(1), two, without_kl()), core::InternalError);
  EXPECT_THROW(policy_loss(one(0), {}, two, one(1), one(1), PolicyLossOptions{}),
               core::InternalError);
}

// ------------------------------------------------------------------------------------------------
// Gradients
// ------------------------------------------------------------------------------------------------

constexpr int64_t kRows = 40;

struct Tokens {
  at::Tensor logprob, old, reference, advantage, weight;  // [kRows] float64
};

Tokens random_tokens() {
  const auto normal = [](uint64_t seed) {
    return test::random_normal({kRows}, seed).to(at::kDouble);
  };
  const at::Tensor logprob = normal(1) - 3;
  return {logprob, logprob + 0.3 * normal(2), logprob + 0.5 * normal(3), normal(4),
          normal(5).abs()};
}

at::Tensor gradient(const Tokens& tokens, const at::Tensor& old, const PolicyLossOptions& options) {
  const at::Tensor leaf = tokens.logprob.clone().requires_grad_(true);
  policy_loss(leaf, old, tokens.reference, tokens.advantage, tokens.weight, options)
      .loss.backward();
  return leaf.grad();
}

std::vector<PolicyLossOptions> all_estimators() {
  std::vector<PolicyLossOptions> list;
  for (const KlEstimator estimator : {KlEstimator::kK1, KlEstimator::kK2, KlEstimator::kK3}) {
    PolicyLossOptions options;
    options.kl_coefficient = 0.3;
    options.kl_estimator = estimator;
    options.clip_high = 0.28;
    list.push_back(options);
  }
  list.push_back(without_kl());
  list.push_back(list[2]);
  list.back().kl_clamp = 0.4;  // some tokens are clamped: no gradient from their KL
  return list;
}

TEST(PolicyLoss, GradientIsThatOfFiniteDifferences) {
  const Tokens tokens = random_tokens();
  constexpr double kStep = 1e-6;  // central differences in float64: error about 1e-10
  for (const PolicyLossOptions& options : all_estimators()) {
    const auto loss_at = [&](const at::Tensor& logprob) {
      return policy_loss(logprob, tokens.old, tokens.reference, tokens.advantage, tokens.weight,
                         options)
          .loss.item<double>();
    };
    at::Tensor expected = at::zeros({kRows}, at::kDouble);
    for (int64_t row = 0; row < kRows; ++row) {
      at::Tensor shift = at::zeros({kRows}, at::kDouble);
      shift[row] = kStep;
      expected[row] =
          (loss_at(tokens.logprob + shift) - loss_at(tokens.logprob - shift)) / (2 * kStep);
    }
    EXPECT_TENSOR_NEAR(gradient(tokens, tokens.old, options), expected,
                       (test::Tolerance{1e-8, 1e-8}));
  }
}

TEST(PolicyLoss, WithoutOldLogProbsIsStrictlyOnPolicy) {
  const Tokens tokens = random_tokens();
  for (const PolicyLossOptions& options : all_estimators()) {
    // The value is that of ratio 1, the gradient that of old = logprob.
    EXPECT_TENSOR_NEAR(gradient(tokens, {}, options), gradient(tokens, tokens.logprob, options),
                       test::tolerance_for(at::kDouble));
  }
  const PolicyLoss result =
      policy_loss(tokens.logprob, {}, {}, tokens.advantage, tokens.weight, without_kl());
  EXPECT_NEAR(result.loss.item<double>(), -(tokens.advantage * tokens.weight).sum().item<double>(),
              1e-12);
  EXPECT_EQ(result.clipped_sum, 0);
  EXPECT_TENSOR_NEAR(gradient(tokens, {}, without_kl()), -tokens.advantage * tokens.weight,
                     test::tolerance_for(at::kDouble));
}

TEST(PolicyLoss, StopsAtTheOldPolicyAndTheReference) {
  const Tokens tokens = random_tokens();
  const at::Tensor leaf = tokens.logprob.clone().requires_grad_(true);
  const PolicyLoss result = policy_loss(leaf, tokens.old, tokens.reference, tokens.advantage,
                                        tokens.weight, PolicyLossOptions{});
  EXPECT_FALSE(tokens.old.requires_grad());
  result.loss.backward();
  EXPECT_FALSE(tokens.reference.grad().defined());
  EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
}

// ------------------------------------------------------------------------------------------------
// Aggregation
// ------------------------------------------------------------------------------------------------

constexpr LossAggregation kAggregations[] = {
    LossAggregation::kSequenceMean, LossAggregation::kTokenMean, LossAggregation::kTokenSumNorm};

TEST(TokenWeights, AggregateTheTextbookExample) {
  const std::vector<int64_t> lengths = {3, 1};
  const at::Tensor losses = at::tensor({1.0F, 2.0F, 3.0F, 4.0F});
  const StepDenominators denominators{2, 4, 4};
  const auto total = [&](LossAggregation aggregation) {
    return (losses * token_weights(lengths, denominators, aggregation)).sum().item<double>();
  };
  EXPECT_NEAR(total(LossAggregation::kSequenceMean), 3.0, 1e-6);
  EXPECT_NEAR(total(LossAggregation::kTokenMean), 2.5, 1e-6);
  EXPECT_NEAR(total(LossAggregation::kTokenSumNorm), 1.25, 1e-6);
}

TEST(TokenWeights, AddUpToOneForMeans) {
  const std::vector<int64_t> lengths = {5, 1, 17, 2, 9};
  const StepDenominators denominators{5, 34, 20};
  const auto sum = [&](LossAggregation aggregation) {
    return token_weights(lengths, denominators, aggregation).sum().item<double>();
  };
  EXPECT_NEAR(sum(LossAggregation::kSequenceMean), 1.0, 1e-6);
  EXPECT_NEAR(sum(LossAggregation::kTokenMean), 1.0, 1e-6);
  EXPECT_NEAR(sum(LossAggregation::kTokenSumNorm), 34.0 / (20 * 5), 1e-6);
}

TEST(TokenWeights, RefuseAStepWithoutCompletions) {
  for (const LossAggregation aggregation : kAggregations) {
    EXPECT_THROW(token_weights({}, {}, aggregation), core::InternalError);
  }
}

TEST(PolicyLoss, OfTwoHalvesAddsUpToTheWhole) {
  const std::vector<int64_t> lengths = {5, 1, 17, 2, 9, 6};  // kRows tokens
  const StepDenominators denominators{6, kRows, 20};
  const Tokens tokens = random_tokens();
  for (const LossAggregation aggregation : kAggregations) {
    const auto share = [&](int64_t begin_completion, int64_t end_completion) {
      const std::vector<int64_t> part(lengths.begin() + begin_completion,
                                      lengths.begin() + end_completion);
      int64_t begin = 0, rows = 0;
      for (int64_t i = 0; i < begin_completion; ++i) begin += lengths[static_cast<size_t>(i)];
      for (const int64_t length : part) rows += length;
      const auto rows_of = [&](const at::Tensor& all) { return all.narrow(0, begin, rows); };
      return policy_loss(rows_of(tokens.logprob), rows_of(tokens.old), rows_of(tokens.reference),
                         rows_of(tokens.advantage), token_weights(part, denominators, aggregation),
                         PolicyLossOptions{});
    };
    const PolicyLoss whole = share(0, 6), first = share(0, 2), second = share(2, 6);
    EXPECT_NEAR((first.loss + second.loss).item<double>(), whole.loss.item<double>(), 1e-12);
    EXPECT_NEAR(first.kl_sum + second.kl_sum, whole.kl_sum, 1e-12);
    EXPECT_EQ(first.clipped_sum + second.clipped_sum, whole.clipped_sum);
    EXPECT_GT(whole.clipped_sum, 0);
  }
}

}  // namespace
}  // namespace retrace::rl
