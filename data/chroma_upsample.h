// Chroma planes to full size, byte for byte as libjpeg and libwebp do it. Both are fixed: what a
// picture's pixels are, as far as the reference is concerned, is what these filters give.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::data {

struct ChromaShape {
  int64_t width, height;  // of the image; the plane has ceil(width / 2^log2_x) columns
  int log2_x = 0, log2_y = 0;
};

// A plane of chroma samples, rows `stride` bytes apart -> [Y, X]. Halved directions go through
// the triangle filter (3, 1) / 4 with libjpeg's alternating rounding; planes of at most two columns
// and other ratios are repeated, as it does.
std::vector<uint8_t> upsample_as_libjpeg(const uint8_t* plane, int64_t stride,
                                         const ChromaShape& shape);

// Both directions halved: (9, 3, 3, 1) / 16 in two roundings.
std::vector<uint8_t> upsample_as_libwebp(const uint8_t* plane, int64_t stride,
                                         const ChromaShape& shape);

}  // namespace retrace::data
