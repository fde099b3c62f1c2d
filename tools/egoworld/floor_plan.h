// The corridors around a route, as open cells of a square grid.
//
// A block is kCellsPerBlock cells long. Every crossing has four arms that look alike from a
// distance: an arm that is not taken runs on to where the next crossing would be, and is cut to one
// cell only where it would meet another crossing of the route. So the corridors do not give a turn
// away before it is taken.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/egoworld/route.h"

namespace retrace::egoworld {

inline constexpr double kCellMetres = 1.6;  // also the width of a corridor
inline constexpr int kCellsPerBlock = 4;
inline constexpr double kBlockMetres = kCellMetres * kCellsPerBlock;

struct PlanPoint {
  double x_m = 0, y_m = 0;  // metres east and north of the start node
};
PlanPoint node_position(LatticePoint node);

class FloorPlan {
 public:
  explicit FloorPlan(const Route& route);

  static constexpr int8_t kWall = -2,
                          kCorridor = -1;  // otherwise the index of the crossing in the route
  // Cell (0, 0) is centred at the start node; anything far outside is wall.
  int8_t cell(int cell_x, int cell_y) const {
    const int column = cell_x + half_size_;
    const int row = cell_y + half_size_;
    if (column < 0 || row < 0 || column >= size_ || row >= size_) return kWall;
    return cells_[static_cast<size_t>(row) * size_ + column];
  }

 private:
  void open(int cell_x, int cell_y, int8_t value);
  void open_arm(const Route& route, LatticePoint junction, Heading heading, bool on_route);

  int half_size_, size_;
  std::vector<int8_t> cells_;  // [size][size], rows from south to north
};

}  // namespace retrace::egoworld
