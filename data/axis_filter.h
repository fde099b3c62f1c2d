// The weights of antialiased bicubic resampling along one axis. Included by data/*.cc only.
//
// Output sample o lies at s * (o + 0.5) of the input, s = in / out; its value is the mean of the
// input samples within 2 * max(s, 1), weighted with Keys' cubic (a = -0.5) of their distance
// divided by max(s, 1). The widening when shrinking is the antialiasing. Samples outside do not
// count.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::data {

template <class Weight>
struct AxisFilter {
  int64_t num_in = 0;
  int64_t max_taps = 0;         // weights reserved for one output sample
  std::vector<int32_t> first;   // [out] input sample of the first weight
  std::vector<int32_t> count;   // [out] weights in use, at least 1
  std::vector<Weight> weights;  // [out * max_taps], zeros behind the used ones
  int precision = 0;            // fixed point only: a weight of 1 is 1 << precision

  int64_t num_out() const { return static_cast<int64_t>(first.size()); }
  int64_t end(int64_t out) const { return first[out] + count[out]; }
};

// The weights sum to 1. Computed in float32 as far as ATen's antialiased upsampling does so, such
// that they are the same bit for bit.
AxisFilter<float> make_float_filter(int64_t num_in, int64_t num_out);

// The largest precision (at most 22 bits) with which the largest weight fits 15 bits, as in ATen's
// and Pillow's resampling of bytes.
AxisFilter<int32_t> make_fixed_point_filter(int64_t num_in, int64_t num_out);

}  // namespace retrace::data
