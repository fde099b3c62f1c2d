#include "tools/egoworld/floor_plan.h"

#include <algorithm>

#include "core/error.h"

namespace retrace::egoworld {

PlanPoint node_position(LatticePoint node) {
  return {node.x * kBlockMetres, node.y * kBlockMetres};
}

FloorPlan::FloorPlan(const Route& route)
    : half_size_(kCellsPerBlock * (static_cast<int>(route.num_junctions()) + 2) + 1),
      size_(2 * half_size_ + 1),
      cells_(static_cast<size_t>(size_) * size_, kWall) {
  Heading heading = route.start_heading;
  for (int64_t junction = 0; junction < route.num_junctions(); ++junction) {
    const LatticePoint node = route.nodes[junction + 1];
    open(node.x * kCellsPerBlock, node.y * kCellsPerBlock, static_cast<int8_t>(junction));
    const Heading next_heading = turned(heading, route.turns[junction]);
    const auto came_from = static_cast<Heading>((static_cast<int>(heading) + 2) % 4);
    for (int arm = 0; arm < 4; ++arm) {
      const auto arm_heading = static_cast<Heading>(arm);
      open_arm(route, node, arm_heading, arm_heading == next_heading || arm_heading == came_from);
    }
    heading = next_heading;
  }
}

void FloorPlan::open(int cell_x, int cell_y, int8_t value) {
  cells_[static_cast<size_t>(cell_y + half_size_) * size_ + (cell_x + half_size_)] = value;
}

void FloorPlan::open_arm(const Route& route, LatticePoint junction, Heading heading,
                         bool on_route) {
  const LatticePoint end = neighbor(junction, heading);
  const auto first_junction = route.nodes.begin() + 1;
  const bool meets_junction =
      std::find(first_junction, route.nodes.end() - 1, end) != route.nodes.end() - 1;
  const int length = meets_junction && !on_route ? 1 : kCellsPerBlock - 1;
  for (int step = 1; step <= length; ++step) {
    open(junction.x * kCellsPerBlock + step * (end.x - junction.x),
         junction.y * kCellsPerBlock + step * (end.y - junction.y), kCorridor);
  }
}

}  // namespace retrace::egoworld
