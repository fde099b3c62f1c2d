// The landmarks, eight of each theme: one word, one saturated colour and one silhouette each.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/egoworld/theme.h"

namespace retrace::egoworld {

enum class Landmark : uint8_t {
  // indoor
  kPillar,
  kPlant,
  kBarrel,
  kLamp,
  kCrate,
  kBanner,
  kStatue,
  kFountain,
  // outdoor
  kBench,
  kStall,
  kSign,
  kBin,
  kCart,
  kArch,
  kWell,
  kMast
};
inline constexpr int64_t kNumLandmarks = 8;  // of one theme
inline constexpr int64_t kNumAllLandmarks = 2 * kNumLandmarks;

Theme theme_of(Landmark landmark);
std::vector<Landmark> landmarks_of(Theme theme);  // [kNumLandmarks]

struct Color {
  float red, green, blue;  // 0 to 255
};

std::string_view to_string(Landmark landmark);   // "pillar"
std::string_view color_name(Landmark landmark);  // "red"
Color color(Landmark landmark);
std::vector<std::string> words(std::span<const Landmark> landmarks);

inline constexpr double kLandmarkWidthMetres = 0.56;  // of the silhouette's frame
inline constexpr double kLandmarkHeightMetres = 2.2;  // from the floor to the ceiling

// A landmark's silhouette, always turned to the viewer.
struct Silhouette {
  static constexpr int kWidth = 32, kHeight = 96;  // texels; row 0 is at the ceiling
  // [kHeight][kWidth]; 0 is transparent, else brightness in percent of the landmark's colour (1 to
  // 130)
  std::array<std::array<uint8_t, kWidth>, kHeight> brightness{};
};
Silhouette draw_silhouette(Landmark landmark);

}  // namespace retrace::egoworld
