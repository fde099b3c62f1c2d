#include "model/vision_positions.h"

#include <ATen/ATen.h>

#include <cmath>

// P patches, Q patches of one frame pair, E vision width.

namespace retrace::model {
namespace {

// The two table rows (or columns) around each of Q places, and the share of the second.
struct Neighbours {
  at::Tensor first_Q, second_Q;  // [Q] int64
  at::Tensor share_Q;            // [Q] float32
};

// `steps` places spread over [0, side - 1]; `index_Q` says which of them each patch has.
Neighbours neighbours(int64_t steps, int64_t side, const at::Tensor& index_Q) {
  const at::Tensor places_Q = at::linspace(0, side - 1, steps, at::kFloat).index_select(0, index_Q);
  const at::Tensor first_Q = places_Q.to(at::kLong);
  return {first_Q, (first_Q + 1).clamp_max(side - 1), places_Q - first_Q};
}

// [Q, E] of one frame pair.
at::Tensor interpolate_frame(const at::Tensor& table_SE, int64_t h, int64_t w, int64_t merge_size) {
  const auto side = static_cast<int64_t>(std::llround(std::sqrt(table_SE.size(0))));
  const at::Tensor coordinates_Q2 = patch_coordinates({{1, h, w}}, merge_size);
  const Neighbours y = neighbours(h, side, coordinates_Q2.select(1, 0));
  const Neighbours x = neighbours(w, side, coordinates_Q2.select(1, 1));
  const at::Tensor corners_4Q =
      at::stack({y.first_Q * side + x.first_Q, y.first_Q * side + x.second_Q,
                 y.second_Q * side + x.first_Q, y.second_Q * side + x.second_Q});
  const at::Tensor shares_4Q =
      at::stack({(1 - y.share_Q) * (1 - x.share_Q), (1 - y.share_Q) * x.share_Q,
                 y.share_Q * (1 - x.share_Q), y.share_Q * x.share_Q});
  return (at::embedding(table_SE, corners_4Q) * shares_4Q.unsqueeze(2)).sum(0);
}

}  // namespace

at::Tensor patch_coordinates(const std::vector<GridThw>& grids, int64_t merge_size) {
  int64_t num_patches = 0;
  for (const GridThw& grid : grids) num_patches += grid.num_patches();
  at::Tensor coordinates_P2 = at::empty({num_patches, 2}, at::kLong);
  int64_t* next = coordinates_P2.mutable_data_ptr<int64_t>();
  for (const GridThw& grid : grids) {
    const int64_t blocks_across = grid.w / merge_size, block_patches = merge_size * merge_size;
    for (int64_t patch = 0; patch < grid.num_patches(); ++patch) {
      const int64_t in_frame = patch % (grid.h * grid.w);
      const int64_t block = in_frame / block_patches, inside = in_frame % block_patches;
      *next++ = block / blocks_across * merge_size + inside / merge_size;
      *next++ = block % blocks_across * merge_size + inside % merge_size;
    }
  }
  return coordinates_P2;
}

at::Tensor interpolate_positions(const at::Tensor& table_SE, const std::vector<GridThw>& grids,
                                 int64_t merge_size) {
  std::vector<at::Tensor> parts;
  for (const GridThw& grid : grids) {
    parts.push_back(interpolate_frame(table_SE, grid.h, grid.w, merge_size).repeat({grid.t, 1}));
  }
  return at::cat(parts, 0);
}

}  // namespace retrace::model
