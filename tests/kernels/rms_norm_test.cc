#include "kernels/rms_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/kernels/gradient_check.h"
#include "tests/support/tensor_matchers.h"

namespace retrace::kernels {
namespace {

using test::random_tensor;

constexpr double kEps = 1e-6;

at::Tensor plain_rms_norm(const std::vector<at::Tensor>& in) {
  return in[1] * (in[0] * at::rsqrt(in[0].pow(2).mean(-1, true) + kEps));
}

const test::TensorFunction kOp = [](const std::vector<at::Tensor>& in) {
  return rms_norm(in[0], in[1], kEps);
};

TEST(RmsNorm, EqualsThePlainFormulaWithGradients) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    test::expect_same_function(kOp, plain_rms_norm,
                               {random_tensor({7, 19}, dtype, 1), random_tensor({19}, dtype, 2)});
    test::expect_same_function(
        kOp, plain_rms_norm,
        {random_tensor({2, 300, 64}, dtype, 1), random_tensor({64}, dtype, 2)});
  }
}

TEST(RmsNorm, GradientMatchesFiniteDifferences) {
  test::expect_gradients_match_finite_differences(
      kOp, {random_tensor({3, 5}, at::kDouble, 1), random_tensor({5}, at::kDouble, 2)});
}

TEST(RmsNorm, ARowOfZerosGivesZeros) {
  const at::Tensor y = rms_norm(at::zeros({2, 4}), at::ones({4}), kEps);
  EXPECT_TRUE(y.equal(at::zeros({2, 4})));
}

TEST(RmsNorm, TakesViewsAndNoRows) {
  const at::Tensor x = random_tensor({6, 8}, at::kFloat, 1);
  const at::Tensor weight = random_tensor({6}, at::kFloat, 2);
  EXPECT_TENSOR_NEAR(rms_norm(x.t(), weight, kEps), rms_norm(x.t().contiguous(), weight, kEps),
                     test::tolerance_for(at::kFloat));
  EXPECT_EQ(rms_norm(at::empty({0, 6}), weight, kEps).sizes(), at::IntArrayRef({0, 6}));
}

TEST(RmsNorm, WrongTensorsAreRefused) {
  EXPECT_THROW(rms_norm(at::ones({2, 4}), at::ones({5}), kEps), core::InternalError);
  EXPECT_THROW(rms_norm(at::ones({2, 4}), at::ones({4}, at::kDouble), kEps), core::InternalError);
  EXPECT_THROW(rms_norm(at::ones({2, 4}, at::kLong), at::ones({4}, at::kLong), kEps),
               core::InternalError);
}

}  // namespace
}  // namespace retrace::kernels
