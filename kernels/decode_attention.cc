#include "kernels/decode_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/shape.h"
#include "core/simd.h"

// B rows, N query heads, M key heads, H head dim, L prefix_length + suffix_length.

namespace retrace::kernels {
namespace {

constexpr int kLanes =
    16;  // partial sums of a dot product; fixes the order of addition on every machine

// e^x for x <= 0 to about 1e-7 relative: x = n ln 2 + r, |r| <= ln 2 / 2, and a polynomial in r.
inline float exp_nonpositive(float x) {
  constexpr float kRoundingShift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  x = x < -87.0f ? -87.0f : x;
  const float shifted = x * 1.44269504088896341f + kRoundingShift;
  const float n = shifted - kRoundingShift;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  return p * std::bit_cast<float>((std::bit_cast<uint32_t>(shifted) + 127u) << 23);
}

// Keys or values of one key head: row p at data + p * stride.
struct HeadView {
  const float* data = nullptr;
  int64_t stride = 0, length = 0;
};

inline float dot(const float* a, const float* b, int64_t dim) {
  float lanes[kLanes] = {};
  int64_t h = 0;
  for (; h + kLanes <= dim; h += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) lanes[lane] += a[h + lane] * b[h + lane];
  }
  for (int lane = 0; h < dim; ++h, ++lane) lanes[lane] += a[h] * b[h];
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; ++lane) lanes[lane] += lanes[lane + width];
  }
  return lanes[0];
}

RETRACE_SIMD void score_keys(const float* q, float scale, const HeadView& keys, int64_t dim,
                             float* scores) {
  for (int64_t p = 0; p < keys.length; ++p) {
    scores[p] = dot(q, keys.data + p * keys.stride, dim) * scale;
  }
}

// scores -> e^(score - largest); returns their sum.
RETRACE_SIMD float exponentiate(float* scores, int64_t length) {
  float largest = scores[0];
  for (int64_t p = 1; p < length; ++p) largest = std::max(largest, scores[p]);
  float lanes[kLanes] = {};
  int64_t p = 0;
  for (; p + kLanes <= length; p += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) {
      scores[p + lane] = exp_nonpositive(scores[p + lane] - largest);
      lanes[lane] += scores[p + lane];
    }
  }
  for (int lane = 0; p < length; ++p, ++lane) {
    scores[p] = exp_nonpositive(scores[p] - largest);
    lanes[lane] += scores[p];
  }
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += lanes[lane];
  return sum;
}

// out[h] += sum over p of weights[p] * values[p][h], four rows at a time.
RETRACE_SIMD void add_values(const float* weights, const HeadView& values, int64_t dim,
                             float* out) {
  int64_t p = 0;
  for (; p + 4 <= values.length; p += 4) {
    const float* v0 = values.data + p * values.stride;
    const float *v1 = v0 + values.stride, *v2 = v1 + values.stride, *v3 = v2 + values.stride;
    const float w0 = weights[p], w1 = weights[p + 1], w2 = weights[p + 2], w3 = weights[p + 3];
#pragma omp simd
    for (int64_t h = 0; h < dim; ++h) {
      out[h] += (w0 * v0[h] + w1 * v1[h]) + (w2 * v2[h] + w3 * v3[h]);
    }
  }
  for (; p < values.length; ++p) {
    const float* v = values.data + p * values.stride;
#pragma omp simd
    for (int64_t h = 0; h < dim; ++h) out[h] += weights[p] * v[h];
  }
}

void decode_row(const float* q_NH, const DecodeRow& row, int64_t num_heads, int64_t num_kv_heads,
                int64_t dim, std::vector<float>& scores, float* out_NH) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  const int64_t stride = num_kv_heads * dim;
  const int64_t length = row.prefix_length + row.suffix_length;
  scores.resize(length);
  for (int64_t head = 0; head < num_heads; ++head) {
    const int64_t offset = head / (num_heads / num_kv_heads) * dim;
    const float* q = q_NH + head * dim;
    float* suffix_scores = scores.data() + row.prefix_length;
    score_keys(q, scale, {row.prefix_keys + offset, stride, row.prefix_length}, dim, scores.data());
    score_keys(q, scale, {row.suffix_keys + offset, stride, row.suffix_length}, dim, suffix_scores);
    const float sum = exponentiate(scores.data(), length);
    float* out = out_NH + head * dim;
    std::fill(out, out + dim, 0.0f);
    add_values(scores.data(), {row.prefix_values + offset, stride, row.prefix_length}, dim, out);
    add_values(suffix_scores, {row.suffix_values + offset, stride, row.suffix_length}, dim, out);
    for (int64_t h = 0; h < dim; ++h) out[h] /= sum;
  }
}

void check_rows(const std::vector<DecodeRow>& rows) {
  for (size_t index = 0; index < rows.size(); ++index) {
    const DecodeRow& row = rows[index];
    RETRACE_CHECK(row.prefix_length >= 0 && row.suffix_length >= 0 &&
                      row.prefix_length + row.suffix_length > 0,
                  "decode_attention: row {} has prefix_length {} and suffix_length {}; expected at "
                  "least one key",
                  index, row.prefix_length, row.suffix_length);
    RETRACE_CHECK(row.prefix_length == 0 || (row.prefix_keys && row.prefix_values),
                  "decode_attention: row {} has a prefix of {} without data", index,
                  row.prefix_length);
    RETRACE_CHECK(row.suffix_length == 0 || (row.suffix_keys && row.suffix_values),
                  "decode_attention: row {} has a suffix of {} without data", index,
                  row.suffix_length);
  }
}

}  // namespace

at::Tensor decode_attention(const at::Tensor& q_BNH, const std::vector<DecodeRow>& rows,
                            int64_t num_kv_heads) {
  core::check_shape(q_BNH, {static_cast<int64_t>(rows.size()), core::kAnySize, core::kAnySize},
                    "decode_attention: q");
  core::check_dtype(q_BNH, at::kFloat, "decode_attention: q");
  RETRACE_CHECK(q_BNH.is_contiguous(), "decode_attention: q must be contiguous");
  const int64_t num_heads = q_BNH.size(1), dim = q_BNH.size(2);
  RETRACE_CHECK(num_kv_heads > 0 && num_heads % num_kv_heads == 0,
                "decode_attention: {} query heads are not a multiple of {} key heads", num_heads,
                num_kv_heads);
  check_rows(rows);
  at::Tensor out_BNH = at::empty(q_BNH.sizes(), q_BNH.options());
  const float* q = q_BNH.const_data_ptr<float>();
  float* out = out_BNH.mutable_data_ptr<float>();
  const int64_t row_size = num_heads * dim;
  at::parallel_for(0, q_BNH.size(0), 1, [&](int64_t begin, int64_t end) {
    std::vector<float> scores;
    for (int64_t b = begin; b < end; ++b) {
      decode_row(q + b * row_size, rows[b], num_heads, num_kv_heads, dim, scores,
                 out + b * row_size);
    }
  });
  return out_BNH;
}

}  // namespace retrace::kernels
