// A route in fluent words: every turn and landmark, in order.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/sample.h"
#include "tools/egoworld/option_orbit.h"
#include "tools/egoworld/route.h"

namespace retrace::egoworld {

// Wordings of one and the same route.
enum class DescriptionStyle {
  kImperative,  // "Turn left at the lamp, go straight past the crate and turn right at the plant to
                // reach the destination."
  kPlaces,      // "At the lamp turn left, then at the crate go straight, then at the plant turn
                // right. That is the way to the destination."
  kSteps,       // "Take a left at the lamp. Keep straight on past the crate. Take a right at the
                // plant. There is the destination."
  kStatement,   // "The way to the destination is left at the lamp, straight at the crate and right
                // at the plant."
};
inline constexpr int kNumDescriptionStyles = 4;

// `turns` and `landmarks` in the order of `direction`, which only decides how the end is named.
std::string route_description(std::span<const Turn> turns, std::span<const Landmark> landmarks,
                              data::TravelDirection direction, DescriptionStyle style);

// "lamp left", one for each crossing.
WordSequence route_events(std::span<const Turn> turns, std::span<const Landmark> landmarks);

}  // namespace retrace::egoworld
