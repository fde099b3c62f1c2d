#include "kernels/token_logprob.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

// T tokens, D model, V vocabulary.

namespace retrace::kernels {
namespace {

using test::random_tensor;

at::Tensor labels(int64_t tokens, int64_t vocab) {
  return at::arange(tokens, at::kLong).mul(7).remainder(vocab);
}

struct Case {
  double temperature;
  int64_t chunk_rows;
};

class TokenLogprobCases : public testing::TestWithParam<Case> {};

TEST_P(TokenLogprobCases, EqualsLogSoftmaxWithGradients) {
  const auto [temperature, chunk_rows] = GetParam();
  const double t = temperature;
  const int64_t rows = chunk_rows;
  const at::Tensor labels_T = labels(11, 23);
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    test::expect_same_function(
        [&](const auto& in) { return token_logprob(in[0], in[1], labels_T, t, rows).logprob_T; },
        [&](const auto& in) {
          return (at::matmul(in[0], in[1].t()) / t)
              .log_softmax(-1)
              .gather(1, labels_T.unsqueeze(1))
              .squeeze(1);
        },
        {random_tensor({11, 6}, dtype, 1), random_tensor({23, 6}, dtype, 2)});
  }
}

INSTANTIATE_TEST_SUITE_P(TemperaturesAndChunks, TokenLogprobCases,
                         testing::Values(Case{1.0, 1024}, Case{1.0, 4}, Case{0.7, 11}, Case{2.5, 1},
                                         Case{0.7, 10}),
                         [](const auto& test_case) {
                           return "Case" + std::to_string(test_case.index);
                         });

TEST(TokenLogprob, GradientMatchesFiniteDifferences) {
  const at::Tensor labels_T = labels(4, 5);
  test::expect_gradients_match_finite_differences(
      [&](const auto& in) { return token_logprob(in[0], in[1], labels_T, 0.8, 3).logprob_T; },
      {random_tensor({4, 3}, at::kDouble, 1), random_tensor({5, 3}, at::kDouble, 2)});
}

TEST(TokenLogprob, EntropyIsThatOfTheDistribution) {
  const at::Tensor hidden = random_tensor({9, 6}, at::kFloat, 1);
  const at::Tensor weight = random_tensor({23, 6}, at::kFloat, 2);
  const at::Tensor p = (at::matmul(hidden, weight.t()) / 0.7).softmax(-1).to(at::kDouble);
  const at::Tensor expected = (p * p.log()).sum(-1).neg().to(at::kFloat);
  const auto result = token_logprob(hidden, weight, labels(9, 23), 0.7, 4);
  EXPECT_TENSOR_NEAR(result.entropy_T, expected, test::tolerance_for(at::kFloat));
  EXPECT_FALSE(result.entropy_T.requires_grad());
}

TEST(TokenLogprob, UniformDistributionHasEntropyLogV) {
  const auto result = token_logprob(at::zeros({2, 3}), at::ones({16, 3}), labels(2, 16));
  EXPECT_NEAR(result.entropy_T[0].item<double>(), std::log(16.0), 1e-6);
  EXPECT_NEAR(result.logprob_T[1].item<double>(), -std::log(16.0), 1e-6);
}

TEST(TokenLogprob, HugeLogitsStayFinite) {
  const at::Tensor hidden = at::full({1, 1}, 1e4).requires_grad_(true);
  const at::Tensor weight = at::tensor({1.0f, -1.0f, 0.5f}).view({3, 1});
  const auto result = token_logprob(hidden, weight, at::zeros({1}, at::kLong));
  result.logprob_T.sum().backward();
  EXPECT_EQ(result.logprob_T.item<float>(), 0.0f);
  EXPECT_EQ(result.entropy_T.item<float>(), 0.0f);
  EXPECT_TRUE(hidden.grad().isfinite().all().item<bool>());
}

TEST(TokenLogprob, OnlyTheWantedGradientIsMade) {
  const at::Tensor hidden = random_tensor({3, 4}, at::kFloat, 1);
  const at::Tensor weight = random_tensor({5, 4}, at::kFloat, 2).requires_grad_(true);
  token_logprob(hidden, weight, labels(3, 5)).logprob_T.sum().backward();
  EXPECT_TRUE(weight.grad().defined());
  EXPECT_FALSE(hidden.grad().defined());
  EXPECT_FALSE(token_logprob(hidden, weight.detach(), labels(3, 5)).logprob_T.requires_grad());
}

TEST(TokenLogprob, NoTokensGiveNoRows) {
  const auto result = token_logprob(at::empty({0, 4}), at::ones({5, 4}), at::empty({0}, at::kLong));
  EXPECT_EQ(result.logprob_T.numel(), 0);
  EXPECT_EQ(result.entropy_T.numel(), 0);
}

TEST(TokenLogprob, WrongArgumentsAreRefused) {
  const at::Tensor hidden = at::ones({3, 4}), weight = at::ones({5, 4});
  const at::Tensor good = labels(3, 5);
  EXPECT_THROW(token_logprob(hidden, at::ones({5, 3}), good), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, labels(2, 5)), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, good.to(at::kInt)), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, good + 3), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, good - 1), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, good, 0.0), core::InternalError);
  EXPECT_THROW(token_logprob(hidden, weight, good, 1.0, 0), core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
