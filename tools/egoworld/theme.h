// What a clip's world looks like: rooms and corridors, or streets under the sky.
#pragma once

#include <cstdint>
#include <string_view>

namespace retrace::egoworld {

enum class Theme : uint8_t { kIndoor, kOutdoor };

// What a data set is made of. kMixed: of every four clips the first two are outdoor, the others
// indoor.
enum class ThemeChoice : uint8_t { kIndoor, kOutdoor, kMixed };

std::string_view to_string(ThemeChoice choice);  // "indoor", "outdoor", "mixed"

Theme theme_of_clip(ThemeChoice choice, int64_t clip);

}  // namespace retrace::egoworld
