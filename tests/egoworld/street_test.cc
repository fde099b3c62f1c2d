// The outdoor theme, and what the levels of difficulty change in the picture.
#include "tools/egoworld/street.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/clip.h"

namespace retrace::egoworld {
namespace {

WorldOptions outdoor_world(uint64_t seed) {
  WorldOptions world;
  world.seed = seed;
  world.theme = ThemeChoice::kOutdoor;
  return world;
}

TEST(Theme, MixedClipsChangeInPairs) {
  std::vector<Theme> themes;
  for (int64_t clip = 0; clip < 6; ++clip)
    themes.push_back(theme_of_clip(ThemeChoice::kMixed, clip));
  using enum Theme;
  EXPECT_EQ(themes, (std::vector{kOutdoor, kOutdoor, kIndoor, kIndoor, kOutdoor, kOutdoor}));
}

TEST(Theme, HasItsOwnLandmarksAndTheSameTurns) {
  for (int64_t clip = 0; clip < 100; ++clip) {
    const Route indoor = draw_route(5, clip, 3);
    const Route outdoor = draw_route(5, clip, 3, Theme::kOutdoor);
    EXPECT_EQ(indoor.turns, outdoor.turns);
    for (const Landmark landmark : indoor.landmarks) EXPECT_EQ(theme_of(landmark), Theme::kIndoor);
    for (const Landmark landmark : outdoor.landmarks)
      EXPECT_EQ(theme_of(landmark), Theme::kOutdoor);
  }
  std::set<std::string_view> names, colors;
  for (const Landmark landmark : landmarks_of(Theme::kOutdoor)) {
    names.insert(to_string(landmark));
    colors.insert(color_name(landmark));
  }
  EXPECT_EQ(names.size(), 8U);
  EXPECT_EQ(colors.size(), 8U);
}

TEST(Street, SameSeedAndClipGiveTheSamePixels) {
  const WorldOptions world = outdoor_world(2);
  const at::Tensor first = render(world, make_clip(world, 3)).frames_FCYX;
  EXPECT_TRUE(at::equal(first, render(world, make_clip(world, 3)).frames_FCYX));
  EXPECT_FALSE(at::equal(first, render(world, make_clip(world, 4)).frames_FCYX));
}

TEST(Street, SkyIsAboveTheHousesAndBlue) {
  const WorldOptions world = outdoor_world(3);
  for (int64_t index = 0; index < 10; ++index) {
    Clip clip = make_clip(world, index);
    clip.poses.resize(1);  // in the first street, looking along it
    const at::Tensor frame = render(world, clip).frames_FCYX[0].to(at::kInt);
    const at::Tensor is_sky = (frame[2] > 150).logical_and(frame[2] > frame[0] - 30);
    EXPECT_GT(is_sky.slice(0, 0, 20).slice(1, 30, 54).to(at::kFloat).mean().item<float>(), 0.3F)
        << "clip " << index;
    const at::Tensor road = frame.slice(1, 46, 56).slice(2, 34, 40).to(at::kFloat);
    EXPECT_LT(road.mean().item<float>(), 110) << "clip " << index;
  }
}

TEST(Street, EveryLandmarkIsSeenInSeveralSampledFrames) {
  const WorldOptions world = outdoor_world(4);
  for (int64_t index = 0; index < 60; ++index) {
    Clip clip = make_clip(world, index);
    std::vector<Pose> poses;
    for (const int64_t frame : transcript_frames(static_cast<int64_t>(clip.poses.size())))
      poses.push_back(clip.poses[frame]);
    clip.poses = poses;
    std::vector<int> large(3, 0);
    for (const VisibleBox& box : render(world, clip).boxes)
      large[box.junction] += (box.x1 - box.x0) * (box.y1 - box.y0) >= 60 ? 1 : 0;
    for (const int count : large) EXPECT_GE(count, 2) << "clip " << index;
  }
}

// Mean wall colours of the two sides, as Renderer.HeadingIsVisibleInASingleFrame.
TEST(Street, OppositeHeadingsLookDifferent) {
  const WorldOptions world = outdoor_world(6);
  std::map<Heading, std::vector<float>> left_minus_right;
  for (int64_t index = 0; index < 60; ++index) {
    Clip clip = make_clip(world, index);
    clip.poses.resize(1);
    const at::Tensor frame = render(world, clip).frames_FCYX[0].to(at::kFloat).mean(0);
    const at::Tensor middle = frame.slice(0, 14, 42);
    left_minus_right[clip.route.start_heading].push_back(
        (middle.slice(1, 0, 20).mean() - middle.slice(1, 64, 84).mean()).item<float>());
  }
  ASSERT_EQ(left_minus_right.size(), 4U);
  // Heading east the shady side, which faces north, is on the right; heading west on the left.
  for (const float value : left_minus_right[Heading::kEast]) EXPECT_GT(value, 0);
  for (const float value : left_minus_right[Heading::kWest]) EXPECT_LT(value, 0);
}

TEST(Street, TreesStandAtStreetSidesAndNotAtCrossings) {
  const WorldOptions world = outdoor_world(7);
  const Clip clip = make_clip(world, 0);
  const FloorPlan plan(clip.route);
  const auto trees = tree_positions(draw_scene_look(7, 0, Theme::kOutdoor), plan, clip.route);
  EXPECT_GT(trees.size(), 4U);
  for (const PlanPoint& tree : trees) {
    const double x = tree.x_m / kCellMetres, y = tree.y_m / kCellMetres;
    EXPECT_EQ(plan.cell(static_cast<int>(std::lround(x)), static_cast<int>(std::lround(y))),
              FloorPlan::kCorridor);
    EXPECT_NEAR(std::max(std::abs(x - std::round(x)), std::abs(y - std::round(y))), 0.4125, 1e-6);
  }
}

TEST(Difficulty, HardLandmarksAreMoreAlikeAndFadeSooner) {
  const SceneLook medium = draw_scene_look(8, 1);
  const SceneLook hard = draw_scene_look(8, 1, Theme::kIndoor, level_of(Difficulty::kHard));
  const auto distance = [](const Color& a, const Color& b) {
    return std::hypot(a.red - b.red, a.green - b.green, a.blue - b.blue);
  };
  for (size_t a = 0; a < kNumLandmarks; ++a) {
    for (size_t b = a + 1; b < kNumLandmarks; ++b) {
      EXPECT_LT(distance(hard.landmarks[a], hard.landmarks[b]),
                0.5 * distance(medium.landmarks[a], medium.landmarks[b]));
    }
  }
  EXPECT_LT(hard.fog_metres, medium.fog_metres);
  EXPECT_EQ(hard.walls[0].red, medium.walls[0].red);
}

}  // namespace
}  // namespace retrace::egoworld
