// Turns and compass headings, and the two symmetries of a route: walking it backwards, and seeing
// it in a mirror.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::egoworld {

enum class Turn : uint8_t { kLeft, kStraight, kRight };
enum class Heading : uint8_t {
  kNorth,
  kEast,
  kSouth,
  kWest
};  // clockwise; the value counts quarter turns

std::string_view to_string(Turn turn);        // "left", "straight", "right"
std::string_view to_string(Heading heading);  // "north", "east", "south", "west"

Turn swapped(Turn turn);                     // left and right exchanged
Heading turned(Heading heading, Turn turn);  // the heading after taking `turn`
Heading nearest_heading(
    double heading_rad);  // radians clockwise from north, any number of whole turns

// The turns of the same route walked from its end to its start: order reversed, left and right
// swapped.
std::vector<Turn> reversed_route(std::span<const Turn> turns);
// The turns of the route's mirror image: left and right swapped.
std::vector<Turn> mirrored_route(std::span<const Turn> turns);

std::vector<std::string> words(std::span<const Turn> turns);

}  // namespace retrace::egoworld
