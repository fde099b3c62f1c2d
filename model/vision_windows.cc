#include "model/vision_windows.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace retrace::model {
namespace {

// Appends the units of one frame pair, whose first unit is `first`, and the sizes of its windows.
void add_frame_pair(int64_t first, int64_t rows, int64_t columns, int64_t window,
                    std::vector<int64_t>& units, std::vector<int64_t>& sizes) {
  for (int64_t top = 0; top < rows; top += window) {
    const int64_t bottom = std::min(top + window, rows);
    for (int64_t left = 0; left < columns; left += window) {
      const int64_t right = std::min(left + window, columns);
      for (int64_t row = top; row < bottom; ++row) {
        for (int64_t column = left; column < right; ++column) {
          units.push_back(first + row * columns + column);
        }
      }
      sizes.push_back((bottom - top) * (right - left));
    }
  }
}

}  // namespace

VisionWindows make_vision_windows(const std::vector<GridThw>& grids, int64_t merge_size,
                                  int64_t window_units) {
  std::vector<int64_t> units, sizes;
  for (const GridThw& grid : grids) {
    for (int64_t pair = 0; pair < grid.t; ++pair) {
      add_frame_pair(static_cast<int64_t>(units.size()), grid.h / merge_size, grid.w / merge_size,
                     window_units, units, sizes);
    }
  }
  VisionWindows windows;
  windows.boundaries = {0};
  for (const int64_t size : sizes) {
    windows.boundaries.push_back(windows.boundaries.back() + size * merge_size * merge_size);
  }
  windows.units_U = at::tensor(units, at::kLong);
  windows.places_U = at::argsort(windows.units_U);
  return windows;
}

at::Tensor reorder_units(const at::Tensor& rows, const at::Tensor& units_U) {
  const int64_t num_units = units_U.size(0);
  return rows.unflatten(0, {num_units, rows.size(0) / num_units})
      .index_select(0, units_U)
      .flatten(0, 1);
}

}  // namespace retrace::model
