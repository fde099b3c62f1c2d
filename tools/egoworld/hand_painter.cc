#include "tools/egoworld/hand_painter.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

using Paint = std::optional<Color>;

constexpr float kTopOfDrawing = 0.95F;  // half picture widths above the lower edge

bool in_box(float u, float v, float u0, float v0, float u1, float v1) {
  return u >= u0 && u < u1 && v >= v0 && v < v1;
}

bool in_disc(float u, float v, float center_u, float center_v, float radius) {
  return std::hypot(u - center_u, v - center_v) < radius;
}

Color shaded(Color color, float factor) {
  return {color.red * factor, color.green * factor, color.blue * factor};
}

// A fist whose middle is at (fist_u, fist_v), with the forearm that comes up to it from below.
Paint hand(float u, float v, float fist_u, float fist_v, Color skin) {
  if (in_disc(u, v, fist_u, fist_v, 0.13F)) {
    const bool is_gap = std::fmod(std::abs(v - fist_v) + 0.02F, 0.065F) < 0.014F && u < fist_u;
    return shaded(skin, is_gap ? 0.7F : 1.0F);
  }
  const float arm_u = fist_u + 0.5F * (fist_v - v);  // leans to the right on its way down
  if (v < fist_v && std::abs(u - arm_u) < 0.1F) return shaded(skin, 0.85F);
  return {};
}

Paint cup(float u, float v, float state, Color skin) {
  constexpr Color kCup = {255, 80, 150};
  const float base = 0.1F + 0.4F * state;  // of the cup
  const float rise = v - base;
  if (in_box(u, rise, -0.15F, 0, 0.15F, 0.3F)) {
    return shaded(kCup, rise > 0.25F ? 0.45F : 1.0F - 1.5F * std::abs(u + 0.03F));
  }
  const float handle = std::hypot(u + 0.19F, rise - 0.15F);
  if (handle > 0.05F && handle < 0.1F && u < -0.14F) return shaded(kCup, 0.8F);
  // The hand closes in on the cup before it lifts it.
  if (const Paint paint = hand(u, v, 0.4F - 0.19F * std::min(1.0F, 3 * state), base + 0.14F, skin))
    return paint;
  if (in_box(u, v, -0.42F, 0.02F, 0.42F, 0.1F)) return Color{44, 40, 48};  // the tray
  return {};
}

Paint box(float u, float v, float state, Color skin) {
  constexpr Color kCardboard = {150, 92, 40};
  constexpr Color kInside = {255, 214, 60};
  if (in_box(u, v, -0.34F, 0, 0.3F, 0.3F)) {
    const bool is_tape = std::abs(u + 0.02F) < 0.03F;
    return shaded(kCardboard, is_tape ? 1.5F : 1.0F - 0.3F * (0.3F - v));
  }
  // The lid turns up about the far edge; what it uncovers glows.
  const float lid_top = 0.36F + 0.42F * state;
  const float open_top = 0.36F + 0.16F * state;
  if (const Paint paint = hand(u, v, 0.36F, lid_top - 0.04F, skin)) return paint;
  if (in_box(u, v, -0.34F, 0.3F, 0.3F, open_top) && state > 0.05F) return kInside;
  if (in_box(u, v, -0.36F, state > 0.05F ? open_top : 0.3F, 0.32F, lid_top))
    return shaded(kCardboard, 0.72F);
  return {};
}

Paint torch(float u, float v, float state, Color skin) {
  const float height = 0.42F * state;  // of the flame
  const float rise = v - 0.48F;
  if (height > 0.02F && rise > -0.03F && rise < height) {
    const float half_width = 0.17F * state * std::sqrt(std::max(0.0F, 1 - rise / height));
    if (std::abs(u) < half_width) {
      return std::abs(u) < 0.5F * half_width && rise < 0.6F * height ? Color{255, 250, 190}
                                                                     : Color{255, 150, 10};
    }
  }
  if (const Paint paint = hand(u, v, 0.03F, 0.16F, skin)) return paint;
  if (in_box(u, v, -0.1F, 0.36F, 0.1F, 0.5F)) {
    const bool is_ring = v > 0.41F && v < 0.45F;
    return is_ring ? Color{214, 210, 196} : Color{20, 16, 16};
  }
  if (in_box(u, v, -0.06F, 0, 0.06F, 0.36F)) return Color{212, 156, 92};
  return {};
}

Paint jar(float u, float v, float state, Color skin) {
  constexpr Color kGlass = {205, 222, 226};
  if (const Paint paint = hand(u, v, 0.3F, 0.26F, skin)) return paint;
  if (!in_box(u, v, -0.24F, 0.04F, 0.24F, 0.64F)) return {};
  const bool is_glass = std::abs(u) > 0.19F || v < 0.08F || v > 0.6F;
  if (is_glass) return kGlass;
  const bool is_water = v < 0.08F + 0.47F * state;
  if (is_water) return v > 0.05F + 0.47F * state ? Color{150, 210, 255} : Color{20, 90, 235};
  return Color{176, 190, 192};
}

Paint flag(float u, float v, float state, Color skin) {
  const float bottom = 0.2F + 0.42F * state;  // of the cloth
  if (in_box(u, v, -0.36F, bottom, -0.03F, bottom + 0.28F)) {
    const bool is_dark =
        (static_cast<int>((u + 0.36F) / 0.11F) + static_cast<int>((v - bottom) / 0.094F)) % 2 == 0;
    return is_dark ? Color{16, 16, 16} : Color{244, 244, 244};
  }
  if (const Paint paint = hand(u, v, 0.06F, 0.13F, skin)) return paint;
  if (std::abs(u) < 0.035F && v < 0.92F) return Color{206, 172, 112};
  return {};
}

}  // namespace

std::optional<Color> held_color(HeldObject object, float state, Color skin, float u, float v) {
  switch (object) {
    case HeldObject::kCup:
      return cup(u, v, state, skin);
    case HeldObject::kBox:
      return box(u, v, state, skin);
    case HeldObject::kTorch:
      return torch(u, v, state, skin);
    case HeldObject::kJar:
      return jar(u, v, state, skin);
    case HeldObject::kFlag:
      return flag(u, v, state, skin);
  }
  core::throw_<core::InternalError>("object {}: not an object", static_cast<int>(object));
}

void paint_hand(Raster& raster, HeldObject object, float state, Color skin) {
  const float half_width = static_cast<float>(raster.width()) / 2;
  const auto height = static_cast<float>(raster.height());
  for (int row = 0; row < raster.height(); ++row) {
    const float v = (height - static_cast<float>(row) - 0.5F) / half_width;
    if (v > kTopOfDrawing) continue;
    for (int column = 0; column < raster.width(); ++column) {
      const float u = (static_cast<float>(column) + 0.5F - half_width) / half_width;
      if (const Paint paint = held_color(object, state, skin, u, v))
        raster.set(column, row, *paint);
    }
  }
}

}  // namespace retrace::egoworld
