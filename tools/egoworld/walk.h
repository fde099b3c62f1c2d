// How the walker moves along a route: one pose per video frame.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/egoworld/route.h"

namespace retrace::egoworld {

struct Pose {
  double t_seconds = 0;
  double x_m = 0, y_m = 0;  // metres east and north of the start node
  double eye_height_m = 0;  // above the floor
  double heading_rad = 0;   // clockwise from north, continuous: never jumps by a whole turn
};

inline constexpr double kEyeHeightMetres = 1.3;

struct WalkOptions {
  int64_t num_frames = 48;  // 16 or more
  double fps = 8;
};

// The whole route in exactly num_frames frames: from 2.5 cells before the first crossing to 2.5
// cells behind the last, so that the last turn is seen as well as the others. Straight parts at a
// speed that varies from leg to leg, turns as arcs through the crossing (about 5 of 48 frames with
// 3 crossings), a slight bob and sway of the head.
std::vector<Pose> walk_route(const Route& route, const WalkOptions& options, uint64_t seed,
                             int64_t clip);

// Linear between frames; `frame` in [0, poses.size() - 1].
double heading_at(const std::vector<Pose>& poses, double frame);

}  // namespace retrace::egoworld
