#include "tools/egoworld/floor_plan.h"

#include <gtest/gtest.h>

namespace retrace::egoworld {
namespace {

bool is_open(const FloorPlan& plan, int x, int y) {
  return plan.cell(x, y) != FloorPlan::kWall;
}

// Open cells from the crossing (not counted) along `heading` up to the first wall.
int arm_length(const FloorPlan& plan, LatticePoint node, Heading heading) {
  const LatticePoint step = neighbor({0, 0}, heading);
  int length = 0;
  while (is_open(plan, node.x * kCellsPerBlock + step.x * (length + 1),
                 node.y * kCellsPerBlock + step.y * (length + 1))) {
    ++length;
  }
  return length;
}

TEST(FloorPlan, CorridorsMeetOnlyAtCrossings) {
  for (int64_t clip = 0; clip < 200; ++clip) {
    const Route route = draw_route(2, clip, 5);
    const FloorPlan plan(route);
    int num_crossings = 0;
    for (int y = -30; y <= 30; ++y) {
      for (int x = -30; x <= 30; ++x) {
        if (plan.cell(x, y) >= 0) ++num_crossings;
        if (plan.cell(x, y) != FloorPlan::kCorridor) continue;
        const bool along_x = is_open(plan, x - 1, y) || is_open(plan, x + 1, y);
        const bool along_y = is_open(plan, x, y - 1) || is_open(plan, x, y + 1);
        EXPECT_NE(along_x, along_y) << "clip " << clip << " cell " << x << "," << y;
      }
    }
    EXPECT_EQ(num_crossings, 5);
  }
}

TEST(FloorPlan, EveryCrossingHasFourArms) {
  for (int64_t clip = 0; clip < 200; ++clip) {
    const Route route = draw_route(3, clip, 4);
    const FloorPlan plan(route);
    for (int64_t junction = 0; junction < 4; ++junction) {
      for (int heading = 0; heading < 4; ++heading) {
        EXPECT_GE(arm_length(plan, route.nodes[junction + 1], static_cast<Heading>(heading)), 1);
      }
    }
  }
}

TEST(FloorPlan, ArmsOfTheLastCrossingAreEquallyLongUnlessTheyWouldMeetTheRoute) {
  for (int64_t clip = 0; clip < 200; ++clip) {
    const Route route = draw_route(4, clip, 3);
    const FloorPlan plan(route);
    const LatticePoint last = route.nodes[3];
    for (int i = 0; i < 4; ++i) {
      const auto heading = static_cast<Heading>(i);
      const LatticePoint next = neighbor(last, heading);
      if (next == route.nodes[2]) continue;  // where he came from
      const int expected = next == route.nodes[1] ? 1 : kCellsPerBlock - 1;
      EXPECT_EQ(arm_length(plan, last, heading), expected) << "clip " << clip;
    }
  }
}

TEST(FloorPlan, CrossingsAreNumberedInRouteOrderAndFarAwayIsWall) {
  const Route route = draw_route(5, 0, 3);
  const FloorPlan plan(route);
  for (int junction = 0; junction < 3; ++junction) {
    const LatticePoint node = route.nodes[junction + 1];
    EXPECT_EQ(plan.cell(node.x * kCellsPerBlock, node.y * kCellsPerBlock), junction);
  }
  EXPECT_EQ(plan.cell(1000, -1000), FloorPlan::kWall);
}

}  // namespace
}  // namespace retrace::egoworld
