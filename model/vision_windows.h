// Windowed attention of Qwen2.5-VL's tower: most blocks let a patch see only its own square window
// of its frame pair.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/vision_preprocess.h"

namespace retrace::model {

// A unit is the merge_size x merge_size patches that become one token. The tower runs on units in
// window order, and puts its tokens back.
struct VisionWindows {
  at::Tensor units_U;               // [U] int64: which unit lies at each place of the window order
  at::Tensor places_U;              // [U] int64: the inverse, where each unit lies
  std::vector<int64_t> boundaries;  // first patch of every window in that order, and the end
};

// Windows of `window_units` x `window_units` units, smaller at the right and lower edge, frame pair
// after frame pair, row-major. Grids are whole units.
VisionWindows make_vision_windows(const std::vector<GridThw>& grids, int64_t merge_size,
                                  int64_t window_units);

// rows [U * merge_size^2, ...] -> the same rows, unit u of the result being unit units_U[u].
at::Tensor reorder_units(const at::Tensor& rows, const at::Tensor& units_U);

}  // namespace retrace::model
