// Gradients of a differentiable op, by autograd and by finite differences.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace retrace::test {

using TensorFunction = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Standard normal values from a fixed generator.
at::Tensor random_tensor(at::IntArrayRef sizes, at::ScalarType dtype, uint64_t seed);

struct OutputAndGradients {
  at::Tensor output;
  std::vector<at::Tensor> gradients;  // of sum(output * grad_output), one an input
};
OutputAndGradients run_with_gradients(const TensorFunction& function,
                                      const std::vector<at::Tensor>& inputs,
                                      const at::Tensor& grad_output);

// Runs `actual` and `reference` on the same inputs; outputs and every gradient must agree within
// tolerance_for(dtype of the first input).
void expect_same_function(const TensorFunction& actual, const TensorFunction& reference,
                          const std::vector<at::Tensor>& inputs);

// Central differences of sum(output * r), r fixed, against autograd, element by element. Inputs
// float64.
void expect_gradients_match_finite_differences(const TensorFunction& function,
                                               const std::vector<at::Tensor>& inputs,
                                               double tolerance = 1e-7);

}  // namespace retrace::test
