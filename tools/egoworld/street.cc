#include "tools/egoworld/street.h"

#include <algorithm>
#include <cmath>

namespace retrace::egoworld {
namespace {

constexpr float kPavementCells = 0.2F;  // width of a pavement
constexpr float kKerbCells = 0.045F;
constexpr double kTreeOffsetMetres = 0.66;  // from the street's middle

// 32 random bits that belong to a cell.
uint32_t cell_bits(const SceneLook& look, int cell_x, int cell_y) {
  const core::RandomStream stream =
      core::RandomStream(look.street, "egoworld/street").substream(static_cast<uint32_t>(cell_x));
  return static_cast<uint32_t>(stream.bits(static_cast<uint32_t>(cell_y)));
}

Color mixed(Color a, Color b, float share) {
  return {a.red + share * (b.red - a.red), a.green + share * (b.green - a.green),
          a.blue + share * (b.blue - a.blue)};
}

}  // namespace

Color sky_color(const SceneLook& look, Camera::Ray ray, float up) {
  constexpr Color kHorizon = {222, 232, 240}, kSun = {255, 250, 214};
  constexpr float kSunUp = 0.38F;  // the sun's direction is (0, -1, kSunUp)
  const float length = std::sqrt(ray.x * ray.x + ray.y * ray.y + up * up);
  const float cosine = (-ray.y + kSunUp * up) / (length * std::sqrt(1 + kSunUp * kSunUp));
  if (cosine > 0.992F) return kSun;
  const Color clear = mixed(kHorizon, look.ceiling, std::min(1.0F, 1.6F * up / length));
  const float glow = std::max(0.0F, (cosine - 0.6F) / 0.4F);
  return mixed(clear, kSun, 0.8F * glow * glow);
}

float house_height_m(const SceneLook& look, int cell_x, int cell_y) {
  return 2.7F + 0.25F * static_cast<float>(cell_bits(look, cell_x, cell_y) % 6);
}

Color street_color(const SceneLook& look, float across, float along) {
  const float from_side = std::min(across, 1 - across);
  if (from_side < kPavementCells) return {166, 162, 154};
  if (from_side < kPavementCells + kKerbCells) return {226, 226, 222};
  const bool is_line = std::abs(across - 0.5F) < 0.03F && std::fmod(along * 2, 1.0F) < 0.55F;
  return is_line ? Color{236, 232, 206} : look.floor;
}

std::vector<PlanPoint> tree_positions(const SceneLook& look, const FloorPlan& plan,
                                      const Route& route) {
  std::vector<PlanPoint> trees;
  const int reach = kCellsPerBlock * (static_cast<int>(route.num_junctions()) + 2);
  for (int y = -reach; y <= reach; ++y) {
    for (int x = -reach; x <= reach; ++x) {
      const bool next_to_crossing = plan.cell(x + 1, y) >= 0 || plan.cell(x - 1, y) >= 0 ||
                                    plan.cell(x, y + 1) >= 0 || plan.cell(x, y - 1) >= 0;
      if (plan.cell(x, y) != FloorPlan::kCorridor || next_to_crossing) continue;
      const uint32_t bits = cell_bits(look, x, y);
      if (bits % 3 == 0) continue;
      const bool along_x =
          plan.cell(x - 1, y) != FloorPlan::kWall || plan.cell(x + 1, y) != FloorPlan::kWall;
      const double offset = (bits / 4) % 2 == 0 ? kTreeOffsetMetres : -kTreeOffsetMetres;
      trees.push_back(
          {x * kCellMetres + (along_x ? 0 : offset), y * kCellMetres + (along_x ? offset : 0)});
    }
  }
  return trees;
}

Silhouette draw_tree() {
  Silhouette silhouette;
  for (int row = 0; row < Silhouette::kHeight; ++row) {
    const double z = kTreeHeightMetres * (1 - (row + 0.5) / Silhouette::kHeight);
    for (int column = 0; column < Silhouette::kWidth; ++column) {
      const double x = kTreeWidthMetres * ((column + 0.5) / Silhouette::kWidth - 0.5);
      const double crown = std::hypot(x / 0.45, (z - 2.5) / 0.68);
      const bool is_leaf = crown < 0.86 + 0.14 * std::sin(19 * x) * std::sin(17 * z);
      if (is_leaf) {
        silhouette.brightness[row][column] =
            static_cast<uint8_t>(105 - 30 * crown + 14 * std::sin(31 * x + 2) * std::sin(27 * z));
      } else if (z < 2.2 && std::abs(x) < 0.045) {
        silhouette.brightness[row][column] = 38;
      }
    }
  }
  return silhouette;
}

Color tree_color() {
  return {72, 112, 52};
}

}  // namespace retrace::egoworld
