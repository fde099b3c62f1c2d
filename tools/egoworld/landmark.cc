#include "tools/egoworld/landmark.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

struct LandmarkTraits {
  std::string_view word, color_name;
  Color color;
};

constexpr std::array<LandmarkTraits, kNumAllLandmarks> kTraits = {{
    {"pillar", "red", {225, 18, 24}},
    {"plant", "green", {20, 190, 35}},
    {"barrel", "blue", {25, 50, 235}},
    {"lamp", "yellow", {250, 232, 20}},
    {"crate", "orange", {255, 128, 0}},
    {"banner", "purple", {160, 25, 205}},
    {"statue", "white", {250, 250, 250}},
    {"fountain", "cyan", {0, 222, 228}},
    {"bench", "orange", {255, 128, 0}},
    {"stall", "purple", {160, 25, 205}},
    {"sign", "blue", {25, 50, 235}},
    {"bin", "green", {20, 190, 35}},
    {"cart", "red", {225, 18, 24}},
    {"arch", "white", {250, 250, 250}},
    {"well", "cyan", {0, 222, 228}},
    {"mast", "yellow", {250, 232, 20}},
}};

const LandmarkTraits& traits(Landmark landmark) {
  const auto index = static_cast<size_t>(landmark);
  RETRACE_CHECK(index < kTraits.size(), "landmark {} of {}", index, kTraits.size());
  return kTraits[index];
}

// Brightness of a vertical cylinder of half-width `radius` at `x` (both in metres), 0 outside.
float cylinder(float x, float radius) {
  const float u = x / radius;
  if (std::abs(u) > 1) return 0;
  return 0.62F + 0.43F * std::sqrt(1 - u * u) - 0.12F * u;
}

float disc(float x, float z, float center_z, float radius) {
  const float distance = std::hypot(x, z - center_z) / radius;
  return distance > 1 ? 0 : 1.12F - 0.3F * distance * distance;
}

// In the functions below `x` is metres right of the axis, `z` metres above the floor; the result is
// brightness relative to the landmark's colour, 0 where there is nothing.
float pillar(float x, float z) {
  const bool wide = z < 0.22F || z > 1.98F;
  const float groove = std::sin(x * 60) > 0.75F && !wide ? 0.8F : 1.0F;
  return cylinder(x, wide ? 0.27F : 0.2F) * groove;
}

float plant(float x, float z) {
  if (z < 0.42F) return std::abs(x) < 0.13F + 0.12F * z ? 0.38F : 0;
  const float angle = std::atan2(z - 1.0F, x);
  const float radius =
      0.21F + 0.06F * std::sin(angle * 9) + (z > 1.0F ? 0.22F : 0.2F) * std::abs(std::sin(angle));
  const float distance = std::hypot(x, z - 1.0F);
  if (distance > radius) return 0;
  return 1.05F - 0.35F * (std::sin(x * 45 + z * 31) > 0.4F ? 1.0F : 0.0F);
}

float barrel(float x, float z) {
  if (z > 1.05F) return 0;
  const float bulge = 1 - 2.2F * (z - 0.52F) * (z - 0.52F);
  const bool hoop = std::abs(z - 0.2F) < 0.05F || std::abs(z - 0.84F) < 0.05F;
  return cylinder(x, 0.27F * bulge) * (hoop ? 0.5F : 1.0F);
}

float lamp(float x, float z) {
  const float globe = disc(x, z, 1.58F, 0.27F);
  if (globe > 0) return globe + 0.1F;
  if (z < 0.12F) return cylinder(x, 0.2F) * 0.7F;
  return z < 1.4F ? cylinder(x, 0.06F) * 0.75F : 0;
}

float crate(float x, float z) {
  if (z > 0.82F || std::abs(x) > 0.275F) return 0;
  const float u = x / 0.275F;
  const float v = (z - 0.41F) / 0.41F;
  const bool frame = std::max(std::abs(u), std::abs(v)) > 0.8F;
  const bool brace = std::abs(std::abs(u) - std::abs(v)) < 0.14F;
  return frame || brace ? 1.08F : 0.72F;
}

float banner(float x, float z) {
  if (z > 2.12F) return std::abs(x) < 0.27F ? 0.55F : 0;
  const float notch = 0.72F + 0.5F * (0.22F - std::abs(x));
  if (std::abs(x) > 0.22F || z < notch) return 0;
  const bool stripe = std::abs(std::abs(x) - 0.16F) < 0.025F;
  return (stripe ? 1.25F : 0.95F) + 0.1F * std::sin(x * 30);
}

float statue(float x, float z) {
  if (z < 0.5F) return std::abs(x) < (z < 0.1F || z > 0.42F ? 0.27F : 0.22F) ? 0.72F : 0;
  const float head = disc(x, z, 1.62F, 0.14F);
  if (head > 0) return head;
  if (z > 1.48F) return 0;
  const float half_width = z > 1.25F ? 0.24F : 0.14F + 0.08F * std::abs(z - 1.0F) / 0.5F;
  return cylinder(x, half_width);
}

float fountain(float x, float z) {
  if (z < 0.5F) return std::abs(x) < 0.14F + 0.28F * z ? (z > 0.42F ? 1.1F : 0.68F) : 0;
  const float jet = 0.25F * std::sqrt(std::max(0.0F, 1 - (z - 0.5F) / 1.0F));
  if (z > 1.5F || std::abs(x) > std::max(jet, 0.04F)) return 0;
  const bool gap = std::sin(x * 70) * std::sin(z * 26) > 0.45F;
  return gap ? 0.7F : 1.15F;
}

float bench(float x, float z) {
  if (std::abs(x) > 0.275F || z > 1.0F) return 0;
  if (z > 0.55F) return std::fmod(z - 0.55F, 0.16F) < 0.11F ? 1.08F : 0;  // back rest
  if (z > 0.4F) return 0.9F;
  return std::abs(x) > 0.17F ? 0.65F : 0;
}

float stall(float x, float z) {
  if (z > 1.35F) {  // awning
    if (z > 1.8F || std::abs(x) > 0.27F * (1.85F - z) / 0.5F) return 0;
    return std::sin(x * 45) > 0 ? 1.2F : 0.75F;
  }
  if (z < 0.7F) return std::abs(x) < 0.25F ? 0.85F : 0;
  return std::abs(x) > 0.2F && std::abs(x) < 0.25F ? 0.6F : 0;
}

float sign(float x, float z) {
  if (z > 1.2F) {
    if (z > 1.85F || std::abs(x) > 0.27F) return 0;
    return std::abs(z - 1.52F) < 0.08F && std::abs(x) < 0.2F ? 0.45F : 1.1F;
  }
  return cylinder(x, 0.05F) * 0.8F;
}

float bin(float x, float z) {
  if (z > 1.05F) return 0;
  if (z > 0.9F) return std::abs(x) < 0.26F ? 1.15F : 0;
  return std::sin(x * 50) > 0.6F ? 0.55F : cylinder(x, 0.19F + 0.04F * z) * 0.9F;
}

float cart(float x, float z) {
  const float wheel = std::hypot(std::abs(x) - 0.14F, z - 0.16F);
  if (wheel < 0.14F) return wheel < 0.05F ? 1.1F : 0.5F;
  return z > 0.22F && z < 0.85F && std::abs(x) < 0.275F - 0.05F * (0.85F - z) ? 1.0F : 0;
}

float arch(float x, float z) {
  if (std::abs(x) > 0.275F || z > 2.1F) return 0;
  const float inner = std::hypot(x, std::max(0.0F, z - 1.5F));
  return inner < 0.17F ? 0 : std::fmod(z, 0.3F) < 0.05F ? 0.75F : 1.05F;
}

float well(float x, float z) {
  if (z < 0.65F) return std::abs(x) < 0.26F ? (std::fmod(z, 0.2F) < 0.04F ? 0.6F : 0.95F) : 0;
  if (z < 1.3F) return std::abs(x) > 0.16F && std::abs(x) < 0.22F ? 0.7F : 0;
  return z < 1.65F && std::abs(x) < 0.27F * (1.65F - z) / 0.35F ? 1.15F : 0;
}

float mast(float x, float z) {
  if (z > 1.5F && z < 2.0F && x > 0) return x < 0.27F * (2.0F - z) / 0.5F ? 1.15F : 0;  // pennant
  if (z < 0.15F) return cylinder(x, 0.16F);
  return cylinder(x, 0.06F);
}

float brightness_at(Landmark landmark, float x, float z) {
  switch (landmark) {
    case Landmark::kPillar:
      return pillar(x, z);
    case Landmark::kPlant:
      return plant(x, z);
    case Landmark::kBarrel:
      return barrel(x, z);
    case Landmark::kLamp:
      return lamp(x, z);
    case Landmark::kCrate:
      return crate(x, z);
    case Landmark::kBanner:
      return banner(x, z);
    case Landmark::kStatue:
      return statue(x, z);
    case Landmark::kFountain:
      return fountain(x, z);
    case Landmark::kBench:
      return bench(x, z);
    case Landmark::kStall:
      return stall(x, z);
    case Landmark::kSign:
      return sign(x, z);
    case Landmark::kBin:
      return bin(x, z);
    case Landmark::kCart:
      return cart(x, z);
    case Landmark::kArch:
      return arch(x, z);
    case Landmark::kWell:
      return well(x, z);
    case Landmark::kMast:
      return mast(x, z);
  }
  return 0;
}

}  // namespace

std::string_view to_string(Landmark landmark) {
  return traits(landmark).word;
}
std::string_view color_name(Landmark landmark) {
  return traits(landmark).color_name;
}
Color color(Landmark landmark) {
  return traits(landmark).color;
}

Theme theme_of(Landmark landmark) {
  return static_cast<int64_t>(landmark) < kNumLandmarks ? Theme::kIndoor : Theme::kOutdoor;
}

std::vector<Landmark> landmarks_of(Theme theme) {
  const int64_t first = theme == Theme::kIndoor ? 0 : kNumLandmarks;
  std::vector<Landmark> result;
  for (int64_t i = 0; i < kNumLandmarks; ++i) result.push_back(static_cast<Landmark>(first + i));
  return result;
}

std::vector<std::string> words(std::span<const Landmark> landmarks) {
  std::vector<std::string> result;
  for (const Landmark landmark : landmarks) result.emplace_back(to_string(landmark));
  return result;
}

Silhouette draw_silhouette(Landmark landmark) {
  Silhouette silhouette;
  for (int row = 0; row < Silhouette::kHeight; ++row) {
    const double z = kLandmarkHeightMetres * (1 - (row + 0.5) / Silhouette::kHeight);
    for (int column = 0; column < Silhouette::kWidth; ++column) {
      const double x = kLandmarkWidthMetres * ((column + 0.5) / Silhouette::kWidth - 0.5);
      const float value = brightness_at(landmark, static_cast<float>(x), static_cast<float>(z));
      if (value <= 0) continue;
      silhouette.brightness[row][column] =
          static_cast<uint8_t>(std::clamp(std::lround(value * 100), 1L, 130L));
    }
  }
  return silhouette;
}

}  // namespace retrace::egoworld
