// M-RoPE positions of Qwen2-VL. Text advances all three axes together; a vision block spans time,
// height and width from where it starts, and what follows starts after the largest position on any
// axis.
#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "model/prompt.h"

namespace retrace::model {

namespace {

bool is_vision_placeholder(int64_t id, const ModelConfig& config) {
  return id == config.image_token_id || id == config.video_token_id;
}

void check_block(const std::vector<int64_t>& ids, size_t begin, const GridThw& grid,
                 int64_t merge_size) {
  RETRACE_CHECK(grid.t > 0 && grid.h > 0 && grid.w > 0 && grid.h % merge_size == 0 &&
                    grid.w % merge_size == 0,
                "grid {} x {} x {} is not one of whole cells of {} x {} patches", grid.t, grid.h,
                grid.w, merge_size, merge_size);
  const size_t num_tokens = static_cast<size_t>(grid.num_tokens(merge_size));
  const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
  const bool fits = num_tokens <= ids.size() - begin &&
                    std::all_of(first, first + static_cast<std::ptrdiff_t>(num_tokens),
                                [&](int64_t id) { return id == *first; });
  RETRACE_CHECK(fits, "placeholders at token {}: expected {} for grid {} x {} x {}, found fewer",
                begin, num_tokens, grid.t, grid.h, grid.w);
}

}  // namespace

MropePositions mrope_positions(const std::vector<int64_t>& ids, const ModelConfig& config,
                               const std::vector<GridThw>& grids) {
  const int64_t merge_size = config.vision.spatial_merge_size;
  const int64_t length = static_cast<int64_t>(ids.size());
  at::Tensor positions = at::empty({3, length}, at::kLong);
  int64_t* time = positions.data_ptr<int64_t>();
  int64_t* height = time + length;
  int64_t* width = height + length;

  int64_t next = 0;  // first free position
  size_t grid_idx = 0;
  for (int64_t token = 0; token < length;) {
    if (!is_vision_placeholder(ids[static_cast<size_t>(token)], config)) {
      time[token] = height[token] = width[token] = next;
      ++token;
      ++next;
      continue;
    }
    RETRACE_CHECK(grid_idx < grids.size(), "placeholder at token {} has no grid: {} grids given",
                  token, grids.size());
    const GridThw& grid = grids[grid_idx++];
    check_block(ids, static_cast<size_t>(token), grid, merge_size);
    const int64_t rows = grid.h / merge_size;
    const int64_t columns = grid.w / merge_size;
    for (int64_t cell = 0; cell < grid.t * rows * columns; ++cell, ++token) {
      time[token] = next + cell / (rows * columns);
      height[token] = next + cell / columns % rows;
      width[token] = next + cell % columns;
    }
    next += std::max({grid.t, rows, columns});
  }
  RETRACE_CHECK(grid_idx == grids.size(), "expected placeholders for {} grids, found {}",
                grids.size(), grid_idx);
  return {positions, next};
}

}  // namespace retrace::model
