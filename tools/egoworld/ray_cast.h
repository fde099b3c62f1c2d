// Where a ray from the walker's eye meets a wall of the floor plan.
#pragma once

#include "tools/egoworld/camera.h"
#include "tools/egoworld/floor_plan.h"

namespace retrace::egoworld {

struct WallHit {
  float depth_m;
  Heading facing;      // where the wall looks
  float along;         // [0, 1) from the wall's left end to its right end, within one cell
  int cell_x, cell_y;  // of the wall
};

// The eye must stand in an open cell; the plan is closed, so every ray ends.
WallHit cast_ray(const FloorPlan& plan, const Camera& camera, Camera::Ray ray);

}  // namespace retrace::egoworld
