// What a clip's surfaces look like: colours and textures, jittered from clip to clip.
//
// Walls are tinted by the compass direction they face, as sunlight would tint them, so that a
// single frame shows which way the walker looks: heading north, the wall on the left faces east and
// the one on the right faces west.
#pragma once

#include <array>
#include <cstdint>

#include "tools/egoworld/difficulty.h"
#include "tools/egoworld/landmark.h"
#include "tools/egoworld/theme.h"

namespace retrace::egoworld {

// Brightness factors over a square patch, repeated.
struct Texture {
  static constexpr int kSize = 32;  // texels per side, a power of two
  std::array<float, kSize * kSize> factor{};
  float at(int column, int row) const {
    return factor[(row & (kSize - 1)) * kSize + (column & (kSize - 1))];
  }
};

struct SceneLook {
  Theme theme = Theme::kIndoor;
  std::array<Color, 4> walls;                     // by the Heading the wall faces
  std::array<Color, kNumAllLandmarks> landmarks;  // by Landmark
  Color floor, ceiling;                           // outdoor: roadway and the sky's zenith
  Texture wall_texture;   // a corridor's width times its height; column 0 at the wall's left end,
                          // row 0 on top
  Texture floor_texture;  // one cell
  float fog_metres = 16;  // brightness falls to 1/e about here
  Color skin = {0, 0, 0};
  uint64_t street = 0;  // outdoor: decides the houses' heights and where trees stand
};

SceneLook draw_scene_look(uint64_t seed, int64_t clip, Theme theme = Theme::kIndoor,
                          const Level& level = level_of(Difficulty::kMedium));

}  // namespace retrace::egoworld
