#include "tests/kernels/gradient_check.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "tests/support/tensor_matchers.h"

namespace retrace::test {

at::Tensor random_tensor(at::IntArrayRef sizes, at::ScalarType dtype, uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::empty(sizes, at::kDouble).normal_(0, 1, generator).to(dtype);
}

OutputAndGradients run_with_gradients(const TensorFunction& function,
                                      const std::vector<at::Tensor>& inputs,
                                      const at::Tensor& grad_output) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) {
    leaves.push_back(input.detach().clone().requires_grad_(true));
  }
  OutputAndGradients result{function(leaves), {}};
  result.output.backward(grad_output);
  for (const at::Tensor& leaf : leaves) result.gradients.push_back(leaf.grad());
  result.output = result.output.detach();
  return result;
}

void expect_same_function(const TensorFunction& actual, const TensorFunction& reference,
                          const std::vector<at::Tensor>& inputs) {
  const at::ScalarType dtype = inputs[0].scalar_type();
  at::Tensor grad_output;
  {
    const at::NoGradGuard no_grad;
    grad_output = random_tensor(reference(inputs).sizes(), dtype, 99);
  }
  const auto expected = run_with_gradients(reference, inputs, grad_output);
  const auto found = run_with_gradients(actual, inputs, grad_output);
  EXPECT_TENSOR_NEAR(found.output, expected.output, tolerance_for(dtype));
  for (size_t input = 0; input < inputs.size(); ++input) {
    SCOPED_TRACE("gradient of input " + std::to_string(input));
    EXPECT_TENSOR_NEAR(found.gradients[input], expected.gradients[input], tolerance_for(dtype));
  }
}

void expect_gradients_match_finite_differences(const TensorFunction& function,
                                               const std::vector<at::Tensor>& inputs,
                                               double tolerance) {
  constexpr double kStep = 1e-5;
  std::vector<at::Tensor> probes;
  for (const at::Tensor& input : inputs) probes.push_back(input.clone());
  at::Tensor grad_output;
  {
    const at::NoGradGuard no_grad;
    grad_output = random_tensor(function(inputs).sizes(), at::kDouble, 98);
  }
  const auto found = run_with_gradients(function, inputs, grad_output);
  const at::NoGradGuard no_grad;
  const auto value = [&] { return (function(probes) * grad_output).sum().item<double>(); };
  for (size_t input = 0; input < inputs.size(); ++input) {
    double* values = probes[input].data_ptr<double>();
    const at::Tensor gradient = found.gradients[input].contiguous();
    for (int64_t i = 0; i < probes[input].numel(); ++i) {
      const double kept = values[i];
      values[i] = kept + kStep;
      const double above = value();
      values[i] = kept - kStep;
      const double below = value();
      values[i] = kept;
      const double expected = (above - below) / (2 * kStep);
      ASSERT_NEAR(gradient.const_data_ptr<double>()[i], expected,
                  tolerance * std::max(1.0, std::abs(expected)))
          << "input " << input << ", element " << i;
    }
  }
}

}  // namespace retrace::test
