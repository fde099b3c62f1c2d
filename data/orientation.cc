#include "data/orientation.h"

#include <cmath>
#include <cstring>

namespace retrace::data {

// A stored point (p, q) is shown at (p * m[0] + q * m[3], p * m[1] + q * m[4]), shifted into view.
Orientation orientation_of_matrix(const std::array<int32_t, 9>& m) {
  constexpr double kOneDegree = 0.0175;  // writers round
  const auto is_small = [](int32_t part, int32_t whole) {
    return std::abs(static_cast<double>(part)) < kOneDegree * std::abs(static_cast<double>(whole));
  };
  if (is_small(m[1], m[0]) && is_small(m[3], m[4])) {
    return {.transpose = false, .flip_x = m[0] < 0, .flip_y = m[4] < 0};
  }
  if (is_small(m[0], m[1]) && is_small(m[4], m[3])) {
    return {.transpose = true, .flip_x = m[3] < 0, .flip_y = m[1] < 0};
  }
  return {};
}

Orientation orientation_of(const AVStream& stream) {
  size_t num_bytes = 0;
  const uint8_t* bytes = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &num_bytes);
  std::array<int32_t, 9> matrix{};
  if (bytes == nullptr || num_bytes < sizeof(matrix)) return {};
  std::memcpy(matrix.data(), bytes, sizeof(matrix));
  return orientation_of_matrix(matrix);
}

}  // namespace retrace::data
