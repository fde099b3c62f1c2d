#include "data/plane_resampler.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "core/error.h"
#include "core/simd.h"

// Compiled without contraction to fused multiply-adds (CMakeLists.txt): those that are meant are
// written out, so that every instruction set rounds alike.

namespace retrace::data {
namespace {

constexpr int64_t kLanes = 16;

template <class T>
struct LanesOf;
template <>
struct LanesOf<float> {
  typedef float type __attribute__((vector_size(kLanes * sizeof(float))));
};
template <>
struct LanesOf<int32_t> {
  typedef int32_t type __attribute__((vector_size(kLanes * sizeof(int32_t))));
};

#define RETRACE_INLINE inline __attribute__((always_inline))

// Vectors only live in local variables: passed by value they would differ between instruction sets.
template <class T>
RETRACE_INLINE void add_product(typename LanesOf<T>::type& sum, T weight, const T* values) {
  typename LanesOf<T>::type lanes;
  std::memcpy(&lanes, values, sizeof(lanes));
  sum += weight * lanes;
}

// The sum rounded once. Without instructions for it this is a call of the C library for every lane.
RETRACE_INLINE void add_product_fused(LanesOf<float>::type& sum, float weight, const float* v) {
  const auto fused = [&](int lane) { return __builtin_fmaf(weight, v[lane], sum[lane]); };
  const LanesOf<float>::type result = {
      fused(0), fused(1), fused(2),  fused(3),  fused(4),  fused(5),  fused(6),  fused(7),
      fused(8), fused(9), fused(10), fused(11), fused(12), fused(13), fused(14), fused(15)};
  sum = result;
}
RETRACE_INLINE void add_product_fused(LanesOf<int32_t>::type& sum, int32_t weight,
                                      const int32_t* values) {
  add_product<int32_t>(sum, weight, values);
}

// Note [Order of the sums]
// ATen's float32 loop is compiled to: the first product; then, four at a time, products that are
// rounded before they are added; the up to three left over are added fused. Pictures with hard
// edges have many sums within rounding of a half, so that the bytes are only the same in the same
// order.
template <class T, class ValuesOf>
RETRACE_INLINE void weighted_sum(typename LanesOf<T>::type& sum, const T* weights, int64_t taps,
                                 const ValuesOf& values_of) {
  sum = typename LanesOf<T>::type{};
  add_product<T>(sum, weights[0], values_of(0));
  const int64_t fused_from = 1 + (taps - 1) / 4 * 4;
  for (int64_t j = 1; j < fused_from; ++j) add_product<T>(sum, weights[j], values_of(j));
  for (int64_t j = fused_from; j < taps; ++j) add_product_fused(sum, weights[j], values_of(j));
}

// ---------------------------------------------------------------------------------------------------------------
// What becomes of a sum after the first and the second pass
// ---------------------------------------------------------------------------------------------------------------
RETRACE_INLINE float after_columns(float sum, int /*precision*/) {
  return sum;
}
RETRACE_INLINE int32_t after_columns(int32_t sum, int precision) {
  const int32_t rounded = (sum + ((1 << precision) >> 1)) >> precision;
  return std::clamp<int32_t>(rounded, 0, 255);
}
RETRACE_INLINE uint8_t after_rows(float sum, int /*precision*/) {
  constexpr float kRoundingShift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float clamped = std::clamp(sum, 0.0f, 255.0f);
  return static_cast<uint8_t>(std::bit_cast<uint32_t>(clamped + kRoundingShift));
}
RETRACE_INLINE uint8_t after_rows(int32_t sum, int precision) {
  return static_cast<uint8_t>(after_columns(sum, precision));
}

// ---------------------------------------------------------------------------------------------------------------
// First pass: kLanes rows at a time, lane by lane
// ---------------------------------------------------------------------------------------------------------------
template <class T>
RETRACE_INLINE void transpose_in(const std::array<const uint8_t*, kLanes>& rows, int64_t length,
                                 T* tile) {
  for (int64_t x = 0; x < length; ++x) {
    for (int64_t lane = 0; lane < kLanes; ++lane) tile[x * kLanes + lane] = rows[lane][x];
  }
}

template <class T>
RETRACE_INLINE void resample_columns(const AxisFilter<T>& filter, const T* tile,
                                     const std::array<T*, kLanes>& out_rows) {
  const int64_t num_out = filter.num_out();
  for (int64_t out = 0; out < num_out; ++out) {
    const T* weights = filter.weights.data() + out * filter.max_taps;
    const T* in = tile + filter.first[out] * kLanes;
    typename LanesOf<T>::type sum;
    weighted_sum<T>(sum, weights, filter.count[out], [in](int64_t j) { return in + j * kLanes; });
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      out_rows[lane][out] = after_columns(sum[lane], filter.precision);
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------
// Second pass: one output row
// ---------------------------------------------------------------------------------------------------------------
// in_rows: [taps] rows of whole vectors.
template <class T>
RETRACE_INLINE void resample_rows(const T* const* in_rows, const T* weights, int64_t taps,
                                  int precision, int64_t length, uint8_t* out) {
  for (int64_t x = 0; x < length; x += kLanes) {
    typename LanesOf<T>::type sum;
    weighted_sum<T>(sum, weights, taps, [in_rows, x](int64_t j) { return in_rows[j] + x; });
    std::array<uint8_t, kLanes> bytes;
    for (int64_t lane = 0; lane < kLanes; ++lane) bytes[lane] = after_rows(sum[lane], precision);
    std::memcpy(out + x, bytes.data(), static_cast<size_t>(std::min(kLanes, length - x)));
  }
}

// target_clones does not take templates.
RETRACE_SIMD void columns_pass(const AxisFilter<float>& filter,
                               const std::array<const uint8_t*, kLanes>& rows, float* tile,
                               const std::array<float*, kLanes>& out_rows) {
  transpose_in(rows, filter.num_in, tile);
  resample_columns(filter, tile, out_rows);
}
RETRACE_SIMD void columns_pass(const AxisFilter<int32_t>& filter,
                               const std::array<const uint8_t*, kLanes>& rows, int32_t* tile,
                               const std::array<int32_t*, kLanes>& out_rows) {
  transpose_in(rows, filter.num_in, tile);
  resample_columns(filter, tile, out_rows);
}
RETRACE_SIMD void rows_pass(const float* const* in_rows, const float* weights, int64_t taps,
                            int precision, int64_t length, uint8_t* out) {
  resample_rows(in_rows, weights, taps, precision, length, out);
}
RETRACE_SIMD void rows_pass(const int32_t* const* in_rows, const int32_t* weights, int64_t taps,
                            int precision, int64_t length, uint8_t* out) {
  resample_rows(in_rows, weights, taps, precision, length, out);
}

int64_t most_taps(const std::vector<int32_t>& counts) {
  return *std::max_element(counts.begin(), counts.end());
}

}  // namespace

template <class Weight>
PlaneResampler<Weight>::PlaneResampler(AxisFilter<Weight> columns, AxisFilter<Weight> rows)
    : columns_(std::move(columns)), rows_(std::move(rows)) {
  RETRACE_CHECK(columns_.num_out() > 0 && rows_.num_out() > 0, "an empty filter");
  row_length_ = (columns_.num_out() + kLanes - 1) / kLanes * kLanes;
  ring_rows_ = most_taps(rows_.count) + kLanes;
  tile_in_.resize(static_cast<size_t>(columns_.num_in * kLanes));
  ring_.resize(static_cast<size_t>(ring_rows_ * row_length_));
}

template <class Weight>
void PlaneResampler<Weight>::fill_rows_until(int64_t end, const uint8_t* in, int64_t in_stride) {
  while (num_filled_ < end) {
    std::array<const uint8_t*, kLanes> rows;
    std::array<Weight*, kLanes> out_rows;
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      // Behind the last row comes the last one again; nobody reads what becomes of it.
      rows[lane] = in + std::min(num_filled_ + lane, rows_.num_in - 1) * in_stride;
      out_rows[lane] = ring_.data() + (num_filled_ + lane) % ring_rows_ * row_length_;
    }
    columns_pass(columns_, rows, tile_in_.data(), out_rows);
    num_filled_ += kLanes;
  }
}

template <class Weight>
void PlaneResampler<Weight>::run(const uint8_t* in, int64_t in_stride, uint8_t* out) {
  num_filled_ = rows_.first[0];
  std::vector<const Weight*> in_rows(static_cast<size_t>(most_taps(rows_.count)));
  for (int64_t y = 0; y < rows_.num_out(); ++y) {
    fill_rows_until(rows_.end(y), in, in_stride);
    const int64_t first = rows_.first[y], taps = rows_.count[y];
    for (int64_t j = 0; j < taps; ++j) {
      in_rows[j] = ring_.data() + (first + j) % ring_rows_ * row_length_;
    }
    rows_pass(in_rows.data(), rows_.weights.data() + y * rows_.max_taps, taps, rows_.precision,
              columns_.num_out(), out + y * columns_.num_out());
  }
}

template class PlaneResampler<float>;
template class PlaneResampler<int32_t>;

}  // namespace retrace::data
