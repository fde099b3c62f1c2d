// Resampling of one plane of bytes along both axes: columns first, then rows. Included by
// data/*.cc only.
#pragma once

#include <cstdint>
#include <vector>

#include "data/axis_filter.h"

namespace retrace::data {

// Holds the weights of one pair of sizes and its working memory (a few rows): make one, use it for
// every plane of a clip. Not thread-safe. Both kinds give the same bytes on every processor.
//
// float: sums of float32 in the order of the weights, the first pass is kept in float32; clamped to
// [0, 255] and rounded half to even at the end.
// int32_t: fixed point; both passes are rounded (half up) and clamped to bytes.
template <class Weight>
class PlaneResampler {
 public:
  PlaneResampler(AxisFilter<Weight> columns, AxisFilter<Weight> rows);
  // in: [rows.num_in, columns.num_in], row y at in + y * in_stride.
  // out: [rows.num_out, columns.num_out], dense.
  void run(const uint8_t* in, int64_t in_stride, uint8_t* out);

 private:
  void fill_rows_until(int64_t end, const uint8_t* in, int64_t in_stride);

  AxisFilter<Weight> columns_, rows_;
  int64_t row_length_;           // of the ring, at least columns.num_out, whole vectors
  int64_t ring_rows_;            // enough for the taps of one output row
  int64_t num_filled_ = 0;       // input rows that went through the first pass
  std::vector<Weight> tile_in_;  // [columns.num_in, lanes] some rows of the input, transposed
  std::vector<Weight> ring_;     // [ring_rows, row_length] after the first pass
};

extern template class PlaneResampler<float>;
extern template class PlaneResampler<int32_t>;

}  // namespace retrace::data
