#include "data/chroma_upsample.h"

#include <algorithm>

#include "core/error.h"

namespace retrace::data {
namespace {

int64_t shifted_up(int64_t size, int log2) {
  return (size + (int64_t{1} << log2) - 1) >> log2;
}

// A plane whose reads beyond an edge give the edge.
class Plane {
 public:
  Plane(const uint8_t* data, int64_t stride, const ChromaShape& shape)
      : data_(data),
        stride_(stride),
        columns_(shifted_up(shape.width, shape.log2_x)),
        rows_(shifted_up(shape.height, shape.log2_y)) {}

  int at(int64_t row, int64_t column) const {
    row = std::clamp<int64_t>(row, 0, rows_ - 1);
    return data_[row * stride_ + std::clamp<int64_t>(column, 0, columns_ - 1)];
  }
  int64_t columns() const { return columns_; }

 private:
  const uint8_t* data_;
  int64_t stride_, columns_, rows_;
};

// The neighbour on the side of a full-size sample: odd ones lean to the next, even ones to the
// previous.
int64_t neighbour(int64_t sample) {
  return sample / 2 + (sample % 2 == 1 ? 1 : -1);
}

uint8_t repeated(const Plane& plane, const ChromaShape& shape, int64_t y, int64_t x) {
  return static_cast<uint8_t>(plane.at(y >> shape.log2_y, x >> shape.log2_x));
}

// Halved across, or down: (3 near + far + 1 or 2) / 4.
uint8_t filtered_once(int near, int far, int64_t sample) {
  return static_cast<uint8_t>((3 * near + far + (sample % 2 == 0 ? 1 : 2)) >> 2);
}

// Halved both ways: the vertical sums keep their two extra bits.
uint8_t filtered_twice(const Plane& plane, int64_t y, int64_t x) {
  const auto column_sum = [&](int64_t column) {
    return 3 * plane.at(y / 2, column) + plane.at(neighbour(y), column);
  };
  return static_cast<uint8_t>(
      (3 * column_sum(x / 2) + column_sum(neighbour(x)) + (x % 2 == 0 ? 8 : 7)) >> 4);
}

template <class Value>
std::vector<uint8_t> fill(const ChromaShape& shape, Value value) {
  std::vector<uint8_t> out(static_cast<size_t>(shape.width * shape.height));
  size_t i = 0;
  for (int64_t y = 0; y < shape.height; ++y)
    for (int64_t x = 0; x < shape.width; ++x) out[i++] = value(y, x);
  return out;
}

}  // namespace

std::vector<uint8_t> upsample_as_libjpeg(const uint8_t* data, int64_t stride,
                                         const ChromaShape& shape) {
  const Plane plane(data, stride, shape);
  const bool is_halved_x = shape.log2_x == 1 && plane.columns() > 2;
  if (is_halved_x && shape.log2_y == 1)
    return fill(shape, [&](int64_t y, int64_t x) { return filtered_twice(plane, y, x); });
  if (is_halved_x && shape.log2_y == 0) {
    return fill(shape, [&](int64_t y, int64_t x) {
      return filtered_once(plane.at(y, x / 2), plane.at(y, neighbour(x)), x);
    });
  }
  if (shape.log2_x == 0 && shape.log2_y == 1) {
    return fill(shape, [&](int64_t y, int64_t x) {
      return filtered_once(plane.at(y / 2, x), plane.at(neighbour(y), x), y);
    });
  }
  return fill(shape, [&](int64_t y, int64_t x) { return repeated(plane, shape, y, x); });
}

std::vector<uint8_t> upsample_as_libwebp(const uint8_t* data, int64_t stride,
                                         const ChromaShape& shape) {
  RETRACE_CHECK(shape.log2_x == 1 && shape.log2_y == 1, "WebP chroma shifted by {} and {}",
                shape.log2_x, shape.log2_y);
  const Plane plane(data, stride, shape);
  return fill(shape, [&](int64_t y, int64_t x) {
    const int near = plane.at(y / 2, x / 2), across = plane.at(y / 2, neighbour(x)),
              down = plane.at(neighbour(y), x / 2), diagonal = plane.at(neighbour(y), neighbour(x));
    return static_cast<uint8_t>((((near + 3 * across + 3 * down + diagonal + 8) >> 3) + near) >> 1);
  });
}

}  // namespace retrace::data
