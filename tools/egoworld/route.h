// Which way the walker goes: a start heading, the turn taken at each crossing, the landmark that
// marks it.
//
// Crossings lie on a square lattice, one block apart. Everything here is a pure function of (seed,
// clip).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/random.h"
#include "tools/egoworld/landmark.h"
#include "tools/egoworld/turn.h"

namespace retrace::egoworld {

inline constexpr int64_t kMinJunctions = 2, kMaxJunctions = 5;

struct LatticePoint {
  int x = 0, y = 0;  // blocks east and north of the start
  bool operator==(const LatticePoint&) const = default;
};
LatticePoint neighbor(LatticePoint point, Heading heading);

struct Route {
  Heading start_heading = Heading::kNorth;
  std::vector<Turn> turns;          // [junctions]
  std::vector<Landmark> landmarks;  // [junctions], all different
  std::vector<LatticePoint> nodes;  // [junctions + 2]: start, junctions, destination; all different
  int64_t num_junctions() const { return static_cast<int64_t>(turns.size()); }
};

// The lattice points passed: start, one per turn, destination.
std::vector<LatticePoint> lattice_path(Heading start_heading, std::span<const Turn> turns);

// Whether these turns may be a clip's route: the path never meets itself, and the turns, their
// reversal, their mirror image and the reversal of that are four different sequences (the four
// options of a question). Both conditions hold for all four sequences or for none, so refusing a
// sequence refuses its whole orbit and the four stay equally frequent among the routes that remain.
bool is_admissible(std::span<const Turn> turns);

// Uniform over the admissible sequences of this length.
std::vector<Turn> draw_turns(core::RandomSequence& random, int64_t num_junctions);
// Uniform over the ordered choices of different landmarks of a theme.
std::vector<Landmark> draw_landmarks(core::RandomSequence& random, int64_t num_junctions,
                                     Theme theme = Theme::kIndoor);

// Throws ConfigError unless kMinJunctions <= num_junctions <= kMaxJunctions.
void check_num_junctions(int64_t num_junctions);
Route draw_route(uint64_t seed, int64_t clip, int64_t num_junctions, Theme theme = Theme::kIndoor);

}  // namespace retrace::egoworld
