#include "tools/egoworld/turn.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"

namespace retrace::egoworld {

std::string_view to_string(Turn turn) {
  switch (turn) {
    case Turn::kLeft:
      return "left";
    case Turn::kStraight:
      return "straight";
    case Turn::kRight:
      return "right";
  }
  core::throw_<core::InternalError>("turn {}: not a turn", static_cast<int>(turn));
}

std::string_view to_string(Heading heading) {
  switch (heading) {
    case Heading::kNorth:
      return "north";
    case Heading::kEast:
      return "east";
    case Heading::kSouth:
      return "south";
    case Heading::kWest:
      return "west";
  }
  core::throw_<core::InternalError>("heading {}: not a heading", static_cast<int>(heading));
}

Turn swapped(Turn turn) {
  return static_cast<Turn>(2 - static_cast<int>(turn));
}

Heading turned(Heading heading, Turn turn) {
  return static_cast<Heading>((static_cast<int>(heading) + static_cast<int>(turn) + 3) % 4);
}

Heading nearest_heading(double heading_rad) {
  const auto quarters = static_cast<int64_t>(std::lround(heading_rad / (std::numbers::pi / 2)));
  return static_cast<Heading>(((quarters % 4) + 4) % 4);
}

std::vector<Turn> reversed_route(std::span<const Turn> turns) {
  std::vector<Turn> result = mirrored_route(turns);
  std::reverse(result.begin(), result.end());
  return result;
}

std::vector<Turn> mirrored_route(std::span<const Turn> turns) {
  std::vector<Turn> result(turns.begin(), turns.end());
  for (Turn& turn : result) turn = swapped(turn);
  return result;
}

std::vector<std::string> words(std::span<const Turn> turns) {
  std::vector<std::string> result;
  for (const Turn turn : turns) result.emplace_back(to_string(turn));
  return result;
}

}  // namespace retrace::egoworld
