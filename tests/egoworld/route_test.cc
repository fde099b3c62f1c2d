#include "tools/egoworld/route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numbers>
#include <set>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"

namespace retrace::egoworld {
namespace {

using enum Turn;

TEST(Turn, AQuarterTurnRightIsClockwise) {
  EXPECT_EQ(turned(Heading::kNorth, kRight), Heading::kEast);
  EXPECT_EQ(turned(Heading::kNorth, kLeft), Heading::kWest);
  EXPECT_EQ(turned(Heading::kWest, kRight), Heading::kNorth);
  EXPECT_EQ(turned(Heading::kSouth, kStraight), Heading::kSouth);
}

TEST(Turn, HeadingsAreQuantisedOverWholeTurns) {
  const double quarter = std::numbers::pi / 2;
  EXPECT_EQ(nearest_heading(0.4), Heading::kNorth);
  EXPECT_EQ(nearest_heading(-quarter), Heading::kWest);
  EXPECT_EQ(nearest_heading(5 * quarter + 0.7), Heading::kEast);
  EXPECT_EQ(nearest_heading(-6 * quarter), Heading::kSouth);
}

TEST(Turn, TheWayBackReversesOrderAndSwapsSides) {
  const std::vector<Turn> there = {kLeft, kStraight, kRight, kRight};
  EXPECT_EQ(reversed_route(there), (std::vector<Turn>{kLeft, kLeft, kStraight, kRight}));
}

TEST(Turn, InverseOfInverseIsIdentity) {
  for (const std::vector<Turn>& turns : all_turn_sequences(4)) {
    EXPECT_EQ(reversed_route(reversed_route(turns)), turns);
    EXPECT_EQ(mirrored_route(mirrored_route(turns)), turns);
  }
}

// Walks the path's points backwards and reads the turns off the geometry.
TEST(Turn, TheWayBackIsWhatWalkingThePathBackwardsGives) {
  for (const std::vector<Turn>& turns : all_turn_sequences(4)) {
    std::vector<LatticePoint> path = lattice_path(Heading::kEast, turns);
    std::reverse(path.begin(), path.end());
    std::vector<Turn> seen;
    for (size_t i = 1; i + 1 < path.size(); ++i) {
      const int in_x = path[i].x - path[i - 1].x, in_y = path[i].y - path[i - 1].y;
      const int out_x = path[i + 1].x - path[i].x, out_y = path[i + 1].y - path[i].y;
      const int cross = in_x * out_y - in_y * out_x;  // above 0: to the left
      seen.push_back(cross > 0 ? kLeft : cross < 0 ? kRight : kStraight);
    }
    EXPECT_EQ(seen, reversed_route(turns));
  }
}

TEST(Route, NeverCrossesItselfAndHasDistinctLandmarks) {
  for (int64_t junctions = kMinJunctions; junctions <= kMaxJunctions; ++junctions) {
    for (int64_t clip = 0; clip < 300; ++clip) {
      const Route route = draw_route(11, clip, junctions);
      std::set<std::pair<int, int>> nodes;
      for (const LatticePoint node : route.nodes) nodes.emplace(node.x, node.y);
      EXPECT_EQ(static_cast<int64_t>(nodes.size()), junctions + 2);
      EXPECT_EQ(
          static_cast<int64_t>(std::set(route.landmarks.begin(), route.landmarks.end()).size()),
          junctions);
    }
  }
}

TEST(Route, ASelfCrossingOrSymmetricRouteIsNotAdmissible) {
  EXPECT_FALSE(
      is_admissible(std::vector<Turn>{kRight, kRight, kRight, kStraight}));  // meets its start
  EXPECT_FALSE(is_admissible(std::vector<Turn>{kStraight, kStraight}));      // its own mirror image
  EXPECT_FALSE(is_admissible(std::vector<Turn>{kLeft, kStraight, kRight}));  // its own way back
  EXPECT_FALSE(is_admissible(std::vector<Turn>{kLeft, kRight, kLeft}));      // same in both orders
  EXPECT_TRUE(is_admissible(std::vector<Turn>{kLeft, kRight, kStraight}));
}

TEST(Route, IsAPureFunctionOfSeedAndClip) {
  const Route first = draw_route(5, 17, 3);
  const Route again = draw_route(5, 17, 3);
  EXPECT_EQ(first.turns, again.turns);
  EXPECT_EQ(first.landmarks, again.landmarks);
  EXPECT_EQ(first.start_heading, again.start_heading);
  int num_equal = 0;
  for (int64_t clip = 0; clip < 50; ++clip) {
    num_equal += draw_route(5, clip, 3).turns == draw_route(6, clip, 3).turns ? 1 : 0;
  }
  EXPECT_LT(num_equal, 15) << "another seed must give other routes";
}

TEST(Route, AdmissibleTurnsAreUniform) {
  std::map<std::vector<Turn>, int> counts;
  constexpr int kDraws = 16000;
  for (int64_t clip = 0; clip < kDraws; ++clip) ++counts[draw_route(3, clip, 3).turns];
  ASSERT_EQ(counts.size(), 16U);  // of 27: 9 palindromes and LSR, RSL, SSS are out, SSS being both
  std::vector<int64_t> observed;
  for (const auto& [turns, count] : counts) observed.push_back(count);
  EXPECT_LT(chi_square_uniform(observed), 37.7);  // 15 degrees of freedom, p = 0.001
}

TEST(Route, JunctionCountOutsideItsRangeIsRefused) {
  expect_error<core::ConfigError>([] { draw_route(1, 0, 1); }, "junctions: must be 2 to 5, is 1");
  expect_error<core::ConfigError>([] { draw_route(1, 0, 6); }, "is 6");
}

TEST(Landmark, WordsAndColoursAreDistinct) {
  std::set<std::string_view> names, colors;
  for (int64_t i = 0; i < kNumLandmarks; ++i) {
    names.insert(to_string(static_cast<Landmark>(i)));
    colors.insert(color_name(static_cast<Landmark>(i)));
  }
  EXPECT_EQ(names.size(), 8U);
  EXPECT_EQ(colors.size(), 8U);
}

}  // namespace
}  // namespace retrace::egoworld
