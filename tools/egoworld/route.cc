#include "tools/egoworld/route.h"

#include <algorithm>

#include "core/error.h"

namespace retrace::egoworld {

LatticePoint neighbor(LatticePoint point, Heading heading) {
  switch (heading) {
    case Heading::kNorth:
      return {point.x, point.y + 1};
    case Heading::kEast:
      return {point.x + 1, point.y};
    case Heading::kSouth:
      return {point.x, point.y - 1};
    case Heading::kWest:
      return {point.x - 1, point.y};
  }
  return point;
}

std::vector<LatticePoint> lattice_path(Heading start_heading, std::span<const Turn> turns) {
  std::vector<LatticePoint> path = {{0, 0}};
  Heading heading = start_heading;
  for (const Turn turn : turns) {
    path.push_back(neighbor(path.back(), heading));
    heading = turned(heading, turn);
  }
  path.push_back(neighbor(path.back(), heading));
  return path;
}

bool is_admissible(std::span<const Turn> turns) {
  const std::vector<Turn> given(turns.begin(), turns.end());
  const std::vector<Turn> reversed = reversed_route(given);
  const std::vector<Turn> mirrored = mirrored_route(given);
  const std::vector<Turn> both = reversed_route(mirrored);
  // The three are images of `given` under a group, so any two of the four agree only if one equals
  // `given`.
  if (given == reversed || given == mirrored || given == both) return false;
  const std::vector<LatticePoint> path = lattice_path(Heading::kNorth, turns);
  for (size_t i = 0; i < path.size(); ++i) {
    if (std::find(path.begin() + i + 1, path.end(), path[i]) != path.end()) return false;
  }
  return true;
}

std::vector<Turn> draw_turns(core::RandomSequence& random, int64_t num_junctions) {
  std::vector<Turn> turns(num_junctions);
  do {
    for (Turn& turn : turns) turn = static_cast<Turn>(random.below(3));
  } while (!is_admissible(turns));
  return turns;
}

std::vector<Landmark> draw_landmarks(core::RandomSequence& random, int64_t num_junctions,
                                     Theme theme) {
  std::vector<Landmark> all = landmarks_of(theme);
  random.shuffle(all);
  all.resize(num_junctions);
  return all;
}

void check_num_junctions(int64_t num_junctions) {
  if (num_junctions >= kMinJunctions && num_junctions <= kMaxJunctions) return;
  core::throw_<core::ConfigError>(
      "junctions: must be {} to {}, is {}; a clip has 3 unless told otherwise", kMinJunctions,
      kMaxJunctions, num_junctions);
}

Route draw_route(uint64_t seed, int64_t clip, int64_t num_junctions, Theme theme) {
  check_num_junctions(num_junctions);
  core::RandomSequence random(core::RandomStream(seed, "egoworld/route").substream(clip));
  Route route;
  route.start_heading = static_cast<Heading>(random.below(4));
  route.turns = draw_turns(random, num_junctions);
  route.landmarks = draw_landmarks(random, num_junctions, theme);
  route.nodes = lattice_path(route.start_heading, route.turns);
  return route;
}

}  // namespace retrace::egoworld
