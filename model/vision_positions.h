// Where the patches of the tower lie: their coordinates, and the learned positions of Qwen3-VL.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/vision_preprocess.h"

namespace retrace::model {

// (row, column) of every patch, [patches, 2] int64, in merge-block order: the patches that become
// one token lie together, as make_patches() puts them.
at::Tensor patch_coordinates(const std::vector<GridThw>& grids, int64_t merge_size);

// A learned table of side x side positions [side^2, E], stretched over each grid so that corners
// meet corners, and interpolated bilinearly: [patches, E] in merge-block order, the same for every
// frame pair of a grid. Differentiable in the table.
at::Tensor interpolate_positions(const at::Tensor& table_SE, const std::vector<GridThw>& grids,
                                 int64_t merge_size);

}  // namespace retrace::model
