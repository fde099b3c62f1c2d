#include "tests/support/tensor_matchers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace retrace::test {

Tolerance tolerance_for(at::ScalarType dtype) {
  if (dtype == at::kDouble) return {1e-12, 1e-13};
  return {1e-5, 1e-6};
}

::testing::AssertionResult tensors_near(const char* actual_text, const char* expected_text,
                                        const char*, const at::Tensor& actual,
                                        const at::Tensor& expected, Tolerance tolerance) {
  if (!actual.defined() || !expected.defined()) {
    return ::testing::AssertionFailure()
           << actual_text << " or " << expected_text << " is undefined";
  }
  if (actual.sizes() != expected.sizes() || actual.scalar_type() != expected.scalar_type()) {
    return ::testing::AssertionFailure() << fmt::format(
               "{} has shape [{}] dtype {}, {} has shape [{}] dtype {}", actual_text,
               fmt::join(actual.sizes(), ", "), at::toString(actual.scalar_type()), expected_text,
               fmt::join(expected.sizes(), ", "), at::toString(expected.scalar_type()));
  }
  if (actual.numel() == 0) return ::testing::AssertionSuccess();
  const at::Tensor a = actual.detach().to(at::kDouble).reshape({-1});
  const at::Tensor e = expected.detach().to(at::kDouble).reshape({-1});
  const double largest = e.abs().max().item<double>();
  const double bound = tolerance.absolute + tolerance.relative * largest;
  const at::Tensor error = (a - e).abs();
  const at::Tensor bad = at::logical_not(error <= bound);  // NaN is bad too
  if (!bad.any().item<bool>()) return ::testing::AssertionSuccess();
  const int64_t first = bad.nonzero()[0].item<int64_t>();
  return ::testing::AssertionFailure() << fmt::format(
             "{} differs from {} (shape [{}]): {} of {} elements; first at flat index {}: {} "
             "against {}; largest "
             "absolute error {:.3e}, relative to the largest magnitude {:.3e}, allowed {:.3e}",
             actual_text, expected_text, fmt::join(actual.sizes(), ", "), bad.sum().item<int64_t>(),
             a.numel(), first, a[first].item<double>(), e[first].item<double>(),
             error.max().item<double>(), error.max().item<double>() / largest, bound);
}

}  // namespace retrace::test
