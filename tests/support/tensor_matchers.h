// EXPECT_TENSOR_NEAR and the table of tolerances.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

namespace retrace::test {

struct Tolerance {
  double relative = 0;  // of the largest magnitude in the expected tensor
  double absolute = 0;
};

// float32 sums of up to a few thousand terms lose about 1e-5 of the largest magnitude; float64
// 1e-13.
Tolerance tolerance_for(at::ScalarType dtype);

// Passes when shapes and dtypes agree and every |actual - expected| <= absolute + relative *
// max|expected|. The failure text gives shape, dtype, first bad index, largest absolute and
// relative error.
::testing::AssertionResult tensors_near(const char* actual_text, const char* expected_text,
                                        const char* tolerance_text, const at::Tensor& actual,
                                        const at::Tensor& expected, Tolerance tolerance);

}  // namespace retrace::test

#define EXPECT_TENSOR_NEAR(actual, expected, tolerance) \
  EXPECT_PRED_FORMAT3(::retrace::test::tensors_near, actual, expected, tolerance)
#define ASSERT_TENSOR_NEAR(actual, expected, tolerance) \
  ASSERT_PRED_FORMAT3(::retrace::test::tensors_near, actual, expected, tolerance)
