#include "kernels/linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

// R rows, I inputs, O outputs. Calls are qualified: at::linear is a candidate for tensors
// otherwise.

namespace retrace::kernels {
namespace {

using test::random_tensor;

struct Case {
  int64_t rows, inputs, outputs;
};

class LinearCases : public testing::TestWithParam<Case> {};

TEST_P(LinearCases, EqualsThePlainProductWithGradients) {
  const Case c = GetParam();
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const at::Tensor x = random_tensor({c.rows, c.inputs}, dtype, 1);
    const at::Tensor weight = random_tensor({c.outputs, c.inputs}, dtype, 2);
    const at::Tensor bias = random_tensor({c.outputs}, dtype, 3);
    test::expect_same_function([](const auto& in) { return kernels::linear(in[0], in[1], in[2]); },
                               [](const auto& in) { return at::matmul(in[0], in[1].t()) + in[2]; },
                               {x, weight, bias});
    test::expect_same_function([](const auto& in) { return kernels::linear(in[0], in[1]); },
                               [](const auto& in) { return at::matmul(in[0], in[1].t()); },
                               {x, weight});
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearCases,
                         testing::Values(Case{1, 3, 2}, Case{32, 5, 7}, Case{33, 1, 1},
                                         Case{100, 48, 64}, Case{257, 33, 129}),
                         [](const auto& test_case) {
                           return "Case" + std::to_string(test_case.index);
                         });

TEST(Linear, GradientMatchesFiniteDifferences) {
  test::expect_gradients_match_finite_differences(
      [](const auto& in) { return kernels::linear(in[0], in[1], in[2]); },
      {random_tensor({3, 4}, at::kDouble, 1), random_tensor({2, 4}, at::kDouble, 2),
       random_tensor({2}, at::kDouble, 3)});
}

// See Note [A row's result does not depend on its place]: tiles of the rollout engine.
TEST(Linear, GivesEqualRowsEqualResults) {
  for (const int64_t num_rows : {8, 16, 32}) {
    for (const Case c : {Case{1, 192, 576}, Case{1, 576, 192}, Case{1, 64, 128}}) {
      const at::Tensor row = random_tensor({1, c.inputs}, at::kFloat, 1).detach();
      const at::Tensor weight = random_tensor({c.outputs, c.inputs}, at::kFloat, 2).detach();
      const at::Tensor y = matmul_transposed(row.expand({num_rows, c.inputs}).contiguous(), weight);
      EXPECT_TRUE(y.equal(y.narrow(0, 0, 1).expand_as(y))) << num_rows << " x " << c.inputs;
    }
  }
}

// The gradient of a sum is one value expanded over the output: strides of 0.
TEST(Linear, TakesViewsAndExpandedGradients) {
  const at::Tensor x = random_tensor({8, 40}, at::kFloat, 1).t().requires_grad_(true);
  const at::Tensor weight = random_tensor({8, 6}, at::kFloat, 2).t().requires_grad_(true);
  const at::Tensor y = kernels::linear(x, weight);
  EXPECT_TENSOR_NEAR(y.detach(), at::matmul(x.detach(), weight.detach().t()),
                     test::tolerance_for(at::kFloat));
  y.sum().backward();
  EXPECT_TENSOR_NEAR(x.grad(), weight.detach().sum(0).expand({40, 8}),
                     test::tolerance_for(at::kFloat));
  EXPECT_TENSOR_NEAR(weight.grad(), x.detach().sum(0).expand({6, 8}),
                     test::tolerance_for(at::kFloat));
}

TEST(Linear, OnlyTheWantedGradientIsMade) {
  const at::Tensor x = random_tensor({40, 4}, at::kFloat, 1);
  const at::Tensor weight = random_tensor({5, 4}, at::kFloat, 2).requires_grad_(true);
  const at::Tensor bias = random_tensor({5}, at::kFloat, 3);
  kernels::linear(x, weight, bias).sum().backward();
  EXPECT_TRUE(weight.grad().defined());
  EXPECT_FALSE(bias.grad().defined());
  EXPECT_FALSE(kernels::linear(x, weight.detach(), bias).requires_grad());
}

TEST(Linear, NoRowsGiveNoRows) {
  const at::Tensor x = at::empty({0, 4}).requires_grad_(true);
  const at::Tensor weight = at::ones({5, 4}).requires_grad_(true);
  const at::Tensor y = kernels::linear(x, weight);
  EXPECT_EQ(y.sizes(), at::IntArrayRef({0, 5}));
  y.sum().backward();
  EXPECT_EQ(weight.grad().abs().max().item<float>(), 0);
}

TEST(Linear, WrongArgumentsAreRefused) {
  const at::Tensor x = at::ones({3, 4}), weight = at::ones({5, 4});
  EXPECT_THROW(kernels::linear(at::ones({4}), weight), core::InternalError);
  EXPECT_THROW(kernels::linear(x, at::ones({5, 3})), core::InternalError);
  EXPECT_THROW(kernels::linear(x, weight.to(at::kDouble)), core::InternalError);
  EXPECT_THROW(kernels::linear(x, weight, at::ones({4})), core::InternalError);
  EXPECT_THROW(kernels::linear(x, weight, at::ones({5}, at::kDouble)), core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
