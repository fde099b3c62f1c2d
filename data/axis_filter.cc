#include "data/axis_filter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::data {
namespace {

template <class Real>
Real keys_cubic(Real x) {
  constexpr Real a = -0.5;
  x = std::abs(x);
  // (a + 2) x^3 - (a + 3) x^2 + 1 and a (x^3 - 5 x^2 + 8 x - 4), by Horner's rule
  if (x < 1) return std::fma(std::fma(a + 2, x, -(a + 3)) * x, x, Real{1});
  if (x < 2) return std::fma(std::fma(std::fma(a, x, -5 * a), x, 8 * a), x, -4 * a);
  return 0;
}

// `double` constants beside `Real` values and the fused steps above are meant: ATen's builds for
// AVX2 and AVX-512 round at the same places.
template <class Real>
AxisFilter<Real> make_filter(int64_t num_in, int64_t num_out) {
  RETRACE_CHECK(num_in > 0 && num_out > 0, "resampling {} to {}", num_in, num_out);
  constexpr double kRadius = 2;
  const Real scale = static_cast<Real>(num_in) / static_cast<Real>(num_out);
  const Real support = static_cast<Real>(scale >= 1 ? kRadius * scale : kRadius);
  const Real inverse_scale = static_cast<Real>(scale >= 1 ? 1.0 / scale : 1.0);
  AxisFilter<Real> filter;
  filter.num_in = num_in;
  filter.max_taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  filter.weights.assign(static_cast<size_t>(num_out * filter.max_taps), 0);
  for (int64_t out = 0; out < num_out; ++out) {
    const Real center = static_cast<Real>(scale * (static_cast<double>(out) + 0.5));
    const int64_t begin = std::max<int64_t>(static_cast<int64_t>(center - support + 0.5), 0);
    const int64_t end = std::min(static_cast<int64_t>(center + support + 0.5), num_in);
    const int64_t count = std::clamp<int64_t>(end - begin, 0, filter.max_taps);
    RETRACE_CHECK(count > 0, "no input for output {} of {} from {}", out, num_out, num_in);
    Real* weights = filter.weights.data() + out * filter.max_taps;
    Real total = 0;
    for (int64_t j = 0; j < count; ++j) {
      const Real distance = static_cast<Real>(j + begin) - center;
      weights[j] = keys_cubic(static_cast<Real>((distance + 0.5) * inverse_scale));
      total += weights[j];
    }
    for (int64_t j = 0; j < count; ++j) weights[j] /= total;
    filter.first.push_back(static_cast<int32_t>(begin));
    filter.count.push_back(static_cast<int32_t>(count));
  }
  return filter;
}

}  // namespace

AxisFilter<float> make_float_filter(int64_t num_in, int64_t num_out) {
  return make_filter<float>(num_in, num_out);
}

AxisFilter<int32_t> make_fixed_point_filter(int64_t num_in, int64_t num_out) {
  constexpr int kMaxPrecision = 22;
  constexpr double kWeightLimit = 1 << 15;
  const AxisFilter<double> exact = make_filter<double>(num_in, num_out);
  const double largest = *std::max_element(exact.weights.begin(), exact.weights.end());
  AxisFilter<int32_t> filter;
  filter.num_in = num_in;
  filter.max_taps = exact.max_taps;
  filter.first = exact.first;
  filter.count = exact.count;
  while (filter.precision < kMaxPrecision &&
         std::floor(0.5 + std::ldexp(largest, filter.precision + 1)) < kWeightLimit) {
    ++filter.precision;
  }
  for (const double weight : exact.weights) {
    // Half away from zero.
    filter.weights.push_back(
        static_cast<int32_t>(std::round(std::ldexp(weight, filter.precision))));
  }
  return filter;
}

}  // namespace retrace::data
