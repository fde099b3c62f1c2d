#include "tools/egoworld/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/clip.h"
#include "tools/egoworld/corpus.h"
#include "tools/egoworld/floor_plan.h"
#include "tools/egoworld/records.h"

namespace retrace::egoworld {
namespace {

using nlohmann::json;

WorldOptions world_with(int64_t junctions) {
  WorldOptions world;
  world.seed = 23;
  world.num_junctions = junctions;
  return world;
}

// Labels read off the pose track and the landmark positions of a ground-truth line, knowing nothing
// of routes.
struct Replay {
  std::vector<std::string> landmarks, turns;
};

double distance_to(const json& landmark, const json& pose) {
  double x = 0, y = 0;
  for (const json& position : landmark["positions_m"]) {
    x += position[0].get<double>() / 4;
    y += position[1].get<double>() / 4;
  }
  return std::hypot(x - pose[1].get<double>(), y - pose[2].get<double>());
}

Replay replay(const json& truth) {
  const json& poses = truth["poses"];
  std::vector<std::pair<size_t, std::string>> passings;  // frame of closest approach
  for (const json& landmark : truth["landmarks"]) {
    size_t closest = 0;
    for (size_t frame = 1; frame < poses.size(); ++frame) {
      if (distance_to(landmark, poses[frame]) < distance_to(landmark, poses[closest]))
        closest = frame;
    }
    passings.emplace_back(closest, landmark["name"]);
  }
  std::sort(passings.begin(), passings.end());
  Replay result;
  for (size_t i = 0; i < passings.size(); ++i) {
    const size_t before = i == 0 ? 0 : (passings[i - 1].first + passings[i].first) / 2;
    const size_t after = i + 1 == passings.size() ? poses.size() - 1
                                                  : (passings[i].first + passings[i + 1].first) / 2;
    const double change = poses[after][4].get<double>() - poses[before][4].get<double>();
    const long quarters = std::lround(change / (std::numbers::pi / 2));
    result.landmarks.push_back(passings[i].second);
    result.turns.emplace_back(quarters == 0    ? "straight"
                              : quarters == 1  ? "right"
                              : quarters == -1 ? "left"
                                               : "?");
  }
  return result;
}

TEST(Walk, LabelsAgreeWithAReplayOfThePoses) {
  for (int64_t junctions = kMinJunctions; junctions <= kMaxJunctions; ++junctions) {
    const WorldOptions world = world_with(junctions);
    for (int64_t index = 0; index < 60; ++index) {
      const json truth = json::parse(ground_truth_line(world, make_clip(world, index), {}));
      const Replay seen = replay(truth);
      EXPECT_EQ(seen.turns, truth["turns"]["forward"].get<std::vector<std::string>>())
          << "clip " << index;
      EXPECT_EQ(seen.landmarks, truth["landmark_order"]["forward"].get<std::vector<std::string>>())
          << "clip " << index;
    }
  }
}

// The same recording played backwards, the walker facing the way he then goes, gives the reverse
// labels.
TEST(Walk, ReverseLabelsAgreeWithABackwardReplay) {
  const WorldOptions world = world_with(3);
  for (int64_t index = 0; index < 60; ++index) {
    json truth = json::parse(ground_truth_line(world, make_clip(world, index), {}));
    std::reverse(truth["poses"].begin(), truth["poses"].end());
    for (json& pose : truth["poses"]) pose[4] = pose[4].get<double>() + std::numbers::pi;
    const Replay seen = replay(truth);
    EXPECT_EQ(seen.turns, truth["turns"]["reverse"].get<std::vector<std::string>>());
    EXPECT_EQ(seen.landmarks, truth["landmark_order"]["reverse"].get<std::vector<std::string>>());
  }
}

TEST(Walk, StaysInTheMiddleOfOpenCells) {
  for (int64_t index = 0; index < 100; ++index) {
    const Clip clip = make_clip(world_with(5), index);
    const FloorPlan plan(clip.route);
    for (const Pose& pose : clip.poses) {
      for (const double dx : {-0.4, 0.4}) {
        for (const double dy : {-0.4, 0.4}) {
          const int cell_x = static_cast<int>(std::floor((pose.x_m + dx) / kCellMetres + 0.5));
          const int cell_y = static_cast<int>(std::floor((pose.y_m + dy) / kCellMetres + 0.5));
          ASSERT_NE(plan.cell(cell_x, cell_y), FloorPlan::kWall)
              << "clip " << index << " t " << pose.t_seconds;
        }
      }
    }
  }
}

TEST(Walk, MovesSmoothly) {
  for (int64_t index = 0; index < 100; ++index) {
    const Clip clip = make_clip(world_with(3), index);
    ASSERT_EQ(clip.poses.size(), 48U);
    for (size_t i = 1; i < clip.poses.size(); ++i) {
      const Pose& before = clip.poses[i - 1];
      const Pose& after = clip.poses[i];
      EXPECT_DOUBLE_EQ(after.t_seconds - before.t_seconds, 1.0 / 8);
      EXPECT_LT(std::hypot(after.x_m - before.x_m, after.y_m - before.y_m), 1.0);
      EXPECT_LT(std::abs(after.heading_rad - before.heading_rad), 0.7);
    }
  }
}

TEST(Walk, TakesAboutFiveFramesForATurnAndWalksOnAfterTheLast) {
  for (int64_t index = 0; index < 100; ++index) {
    const Clip clip = make_clip(world_with(3), index);
    int num_turns = 0, turning_frames = 0;
    for (const Turn turn : clip.route.turns) num_turns += turn == Turn::kStraight ? 0 : 1;
    for (size_t i = 1; i < clip.poses.size(); ++i) {
      turning_frames +=
          std::abs(clip.poses[i].heading_rad - clip.poses[i - 1].heading_rad) > 0.06 ? 1 : 0;
    }
    EXPECT_GE(turning_frames, 3 * num_turns) << "clip " << index;
    EXPECT_LE(turning_frames, 8 * num_turns) << "clip " << index;
    const double first = clip.poses[clip.poses.size() - 4].heading_rad;
    EXPECT_NEAR(clip.poses.back().heading_rad, first, 0.06)
        << "clip " << index << " ends within a turn";
  }
}

TEST(Walk, HeadingBetweenFramesIsInterpolated) {
  std::vector<Pose> poses(2);
  poses[0].heading_rad = 1;
  poses[1].heading_rad = 2;
  EXPECT_DOUBLE_EQ(heading_at(poses, 0), 1);
  EXPECT_DOUBLE_EQ(heading_at(poses, 0.25), 1.25);
  EXPECT_DOUBLE_EQ(heading_at(poses, 1), 2);
}

TEST(Clip, DoesNotDependOnThePictureSize) {
  WorldOptions small = world_with(3), large = world_with(3);
  large.render = {320, 240};
  EXPECT_EQ(headings_text(make_clip(small, 4)), headings_text(make_clip(large, 4)));
  EXPECT_EQ(make_clip(small, 4).poses.back().x_m, make_clip(large, 4).poses.back().x_m);
}

TEST(Clip, TranscriptFramesAreATruncatedLinspace) {
  EXPECT_EQ(transcript_frames(48),
            (std::vector<int64_t>{0, 3, 6, 9, 12, 15, 18, 21, 25, 28, 31, 34, 37, 40, 43, 47}));
  EXPECT_EQ(transcript_frames(16).back(), 15);
}

TEST(Clip, OptionsOutsideTheirLimitsAreRefused) {
  const auto refused = [](auto change, const std::string& part) {
    WorldOptions world;
    change(world);
    expect_error<core::ConfigError>([&] { validate(world); }, part);
  };
  EXPECT_NO_THROW(validate(WorldOptions()));
  refused([](WorldOptions& w) { w.num_junctions = 7; }, "junctions: must be 2 to 5");
  refused([](WorldOptions& w) { w.render.width = 85; }, "width: must be even");
  refused([](WorldOptions& w) { w.render.height = 0; },
          "height: must be even and 16 to 2048 pixels, is 0");
  refused([](WorldOptions& w) { w.walk.num_frames = 15; }, "frames: must be 16 to");
  refused(
      [](WorldOptions& w) {
        w.walk.num_frames = 1000;
        w.render = {1920, 1080};
      },
      "1000 frames of 1920x1080 pixels are 5932 MiB, the limit is 1024");
  refused([](WorldOptions& w) { w.walk.fps = 0; }, "fps: must be");
  refused([](WorldOptions& w) { w.walk.fps = std::nan(""); }, "fps: must be");
}

}  // namespace
}  // namespace retrace::egoworld
