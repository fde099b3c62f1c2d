#include "tools/egoworld/scene_look.h"

#include <algorithm>

#include "core/random.h"
#include "tools/egoworld/turn.h"

namespace retrace::egoworld {
namespace {

enum class WallStyle { kBricks, kPanels, kStripes };
constexpr uint64_t kNumWallStyles = 3;

// The unjittered tints, by facing: north lies in blue shade, south in full light, east and west in
// between with hues of their own. All are pale next to the landmarks.
constexpr std::array<Color, 4> kWallTints = {{
    {66, 78, 122},    // north
    {176, 104, 92},   // east
    {222, 208, 172},  // south
    {92, 140, 104},   // west
}};

Color jittered(Color base, float per_channel, float brightness, core::RandomSequence& random) {
  const auto scale = [&](float value) {
    const auto jitter = static_cast<float>(random.uniform(-per_channel, per_channel));
    return std::clamp(value * brightness * (1 + jitter), 0.0F, 255.0F);
  };
  const float red = scale(base.red);
  const float green = scale(base.green);
  const float blue = scale(base.blue);
  return {red, green, blue};
}

// The pattern without noise; (column, row) of a kSize x kSize patch.
float wall_pattern(WallStyle style, int column, int row) {
  switch (style) {
    case WallStyle::kBricks: {
      const int course = row / 4;
      const bool mortar = row % 4 == 3 || (column + (course % 2) * 5) % 10 == 9;
      return mortar ? 0.74F : 1.0F;
    }
    case WallStyle::kPanels: {
      const bool rail = row < 2 || row == 15 || row >= 29;
      return rail || column % 16 == 0 ? 0.76F : 1.0F;
    }
    case WallStyle::kStripes:
      return row > 24 ? 0.78F : ((column / 4) % 2 == 0 ? 1.0F : 0.86F);
  }
  return 1.0F;
}

Texture draw_wall_texture(core::RandomSequence& random) {
  const auto style = static_cast<WallStyle>(random.below(kNumWallStyles));
  const int shift = static_cast<int>(random.below(Texture::kSize));
  Texture texture;
  for (int row = 0; row < Texture::kSize; ++row) {
    for (int column = 0; column < Texture::kSize; ++column) {
      const auto noise = static_cast<float>(random.uniform(-0.05, 0.05));
      texture.factor[row * Texture::kSize + column] =
          wall_pattern(style, column + shift, row) + noise;
    }
  }
  return texture;
}

Texture draw_floor_texture(core::RandomSequence& random) {
  const int tile = random.chance(0.5) ? 8 : 16;
  const double contrast = random.uniform(0.12, 0.25);
  Texture texture;
  for (int row = 0; row < Texture::kSize; ++row) {
    for (int column = 0; column < Texture::kSize; ++column) {
      const bool dark = ((row / tile) + (column / tile)) % 2 == 1;
      texture.factor[row * Texture::kSize + column] =
          static_cast<float>(1 - (dark ? contrast : 0) + random.uniform(-0.03, 0.03));
    }
  }
  return texture;
}

// One storey of a terrace house: two windows, a door below. Rows run over the whole facade.
Texture draw_facade_texture(core::RandomSequence& random) {
  const int sill = 13 + static_cast<int>(random.below(3));
  const bool has_shutters = random.chance(0.5);
  Texture texture;
  for (int row = 0; row < Texture::kSize; ++row) {
    for (int column = 0; column < Texture::kSize; ++column) {
      const int across = (column + 8) % 16;  // two bays
      const bool is_window = row >= sill - 7 && row < sill && across >= 5 && across < 11;
      const bool is_shutter =
          has_shutters && row >= sill - 7 && row < sill && across >= 3 && across < 13 && !is_window;
      const bool is_door = row >= 20 && column >= 12 && column < 20;
      const bool is_cornice = row < 2 || row == 17;
      float factor = is_window ? 0.42F : is_door ? 0.5F : is_shutter ? 0.72F : 1.0F;
      if (is_cornice) factor = 1.15F;
      texture.factor[row * Texture::kSize + column] =
          factor + static_cast<float>(random.uniform(-0.04, 0.04));
    }
  }
  return texture;
}

// Rendered facades: pale plaster in the same light as indoors, so north stays the shady side.
void make_outdoor(SceneLook& look, core::RandomSequence& random) {
  const auto plaster = static_cast<float>(random.uniform(0.15, 0.4));
  for (Color& wall : look.walls) {
    const auto mixed = [&](float value, float pale) {
      return value + plaster * (pale * 0.8F - value);
    };
    wall = {mixed(wall.red, 214), mixed(wall.green, 196), mixed(wall.blue, 170)};
  }
  look.floor = jittered({74, 76, 82}, 0.06F, 1.0F, random);
  look.ceiling = jittered({92, 148, 226}, 0.06F, 1.0F, random);
  look.wall_texture = draw_facade_texture(random);
  look.floor_texture.factor.fill(1.0F);
  for (float& factor : look.floor_texture.factor)
    factor += static_cast<float>(random.uniform(-0.06, 0.06));
  look.street = random.below(uint64_t{1} << 32);
}

void make_grey(Color& color, float greyness) {
  constexpr float kGrey = 150;
  color = {color.red + greyness * (kGrey - color.red),
           color.green + greyness * (kGrey - color.green),
           color.blue + greyness * (kGrey - color.blue)};
}

constexpr std::array<Color, 4> kSkins = {
    {{236, 188, 158}, {208, 152, 114}, {158, 104, 72}, {128, 84, 60}}};

}  // namespace

SceneLook draw_scene_look(uint64_t seed, int64_t clip, Theme theme, const Level& level) {
  core::RandomSequence random(core::RandomStream(seed, "egoworld/look").substream(clip));
  SceneLook look;
  const auto brightness = static_cast<float>(random.uniform(0.92, 1.08));
  for (size_t facing = 0; facing < look.walls.size(); ++facing) {
    look.walls[facing] = jittered(kWallTints[facing], 0.06F, brightness, random);
  }
  for (int64_t i = 0; i < kNumLandmarks; ++i) {
    look.landmarks[i] = jittered(color(static_cast<Landmark>(i)), 0.04F, 1.0F, random);
  }
  look.floor = jittered({104, 100, 96}, 0.08F, brightness, random);
  look.ceiling = jittered({128, 128, 132}, 0.05F, brightness, random);
  look.wall_texture = draw_wall_texture(random);
  look.floor_texture = draw_floor_texture(random);
  // Whatever indoor clips do not need comes from the stream last: their look stays as it was.
  for (int64_t i = kNumLandmarks; i < kNumAllLandmarks; ++i) {
    look.landmarks[i] = jittered(color(static_cast<Landmark>(i)), 0.04F, 1.0F, random);
  }
  look.skin = jittered(kSkins[random.below(kSkins.size())], 0.05F, 1.0F, random);
  look.theme = theme;
  if (theme == Theme::kOutdoor) make_outdoor(look, random);
  look.fog_metres = level.fog_metres;
  if (level.greyness > 0) {
    for (Color& landmark : look.landmarks) make_grey(landmark, level.greyness);
  }
  return look;
}

}  // namespace retrace::egoworld
