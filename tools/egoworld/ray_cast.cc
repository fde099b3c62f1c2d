#include "tools/egoworld/ray_cast.h"

#include <cmath>

namespace retrace::egoworld {

// Steps from cell border to cell border until the next cell is wall. Cell c spans [c - 0.5, c +
// 0.5) cell widths.
WallHit cast_ray(const FloorPlan& plan, const Camera& camera, Camera::Ray ray) {
  constexpr auto kCell = static_cast<float>(kCellMetres);
  const float x = camera.x_m() / kCell + 0.5F;
  const float y = camera.y_m() / kCell + 0.5F;
  int cell_x = static_cast<int>(std::floor(x));
  int cell_y = static_cast<int>(std::floor(y));
  const int step_x = ray.x < 0 ? -1 : 1;
  const int step_y = ray.y < 0 ? -1 : 1;
  const float per_cell_x = ray.x == 0 ? 1e30F : std::abs(kCell / ray.x);  // depth between x borders
  const float per_cell_y = ray.y == 0 ? 1e30F : std::abs(kCell / ray.y);
  float next_x = per_cell_x *
                 (step_x > 0 ? static_cast<float>(cell_x) + 1 - x : x - static_cast<float>(cell_x));
  float next_y = per_cell_y *
                 (step_y > 0 ? static_cast<float>(cell_y) + 1 - y : y - static_cast<float>(cell_y));
  while (true) {
    const bool crosses_x = next_x < next_y;
    const float depth = crosses_x ? next_x : next_y;
    (crosses_x ? cell_x : cell_y) += crosses_x ? step_x : step_y;
    (crosses_x ? next_x : next_y) += crosses_x ? per_cell_x : per_cell_y;
    if (plan.cell(cell_x, cell_y) != FloorPlan::kWall) continue;
    const float hit = crosses_x ? y + ray.y * depth / kCell : x + ray.x * depth / kCell;
    const float share = hit - std::floor(hit);
    if (crosses_x) {
      return {depth, step_x > 0 ? Heading::kWest : Heading::kEast, step_x > 0 ? 1 - share : share,
              cell_x, cell_y};
    }
    return {depth, step_y > 0 ? Heading::kSouth : Heading::kNorth, step_y > 0 ? share : 1 - share,
            cell_x, cell_y};
  }
}

}  // namespace retrace::egoworld
