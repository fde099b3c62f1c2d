// What a frame shows outdoors that rooms do not have: sky and sun, houses of different heights,
// roadway with kerbs, trees.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/egoworld/camera.h"
#include "tools/egoworld/floor_plan.h"
#include "tools/egoworld/scene_look.h"

namespace retrace::egoworld {

// The sky in direction (ray.x east, ray.y north, `up`), of any length. The sun stands in the south.
Color sky_color(const SceneLook& look, Camera::Ray ray, float up);

// Height of the house on a wall cell, above the ground.
float house_height_m(const SceneLook& look, int cell_x, int cell_y);

// Roadway, kerb or pavement at a point of a corridor cell; `across` from the street's left side to
// its right and `along` it, both in [0, 1) cell widths. Without texture and fog.
Color street_color(const SceneLook& look, float across, float along);

// Metres; trees stand at street sides, away from crossings.
std::vector<PlanPoint> tree_positions(const SceneLook& look, const FloorPlan& plan,
                                      const Route& route);

inline constexpr double kTreeWidthMetres = 0.9, kTreeHeightMetres = 3.2;
// A tree's silhouette with the brightness of its crown's colour.
Silhouette draw_tree();
Color tree_color();

}  // namespace retrace::egoworld
