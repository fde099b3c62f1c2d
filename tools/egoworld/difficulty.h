// Levels of difficulty: what makes one world harder to see and its options harder to tell apart.
#pragma once

#include <cstdint>
#include <string_view>

namespace retrace::egoworld {

enum class Difficulty : uint8_t { kEasy, kMedium, kHard };

std::string_view to_string(Difficulty difficulty);  // "easy", "medium", "hard"

// How near the wrong options of a landmark or action question lie to the right one.
enum class Closeness : uint8_t {
  kFar,    // landmarks: all names exchanged; actions: another object
  kUsual,  // landmarks: one name exchanged; actions: another object, or other verbs
  kClose,  // landmarks: the same names, two of them in exchanged places (4 junctions or more);
           // actions: the same objects, other verbs
};

struct Level {
  int64_t num_junctions;  // crossings on a route, unless asked for otherwise
  float greyness;         // how far landmark colours are pulled to one grey: 0 not at all, 1 wholly
  float fog_metres;       // brightness falls to 1/e about here
  Closeness closeness;
};
Level level_of(Difficulty difficulty);

}  // namespace retrace::egoworld
