#include "tools/egoworld/renderer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/clip.h"
#include "tools/egoworld/floor_plan.h"

namespace retrace::egoworld {
namespace {

WorldOptions world_with_seed(uint64_t seed) {
  WorldOptions world;
  world.seed = seed;
  return world;
}

// The frames a model would see.
Rendering render_transcript(const WorldOptions& world, Clip clip) {
  std::vector<Pose> poses;
  for (const int64_t frame : transcript_frames(static_cast<int64_t>(clip.poses.size()))) {
    poses.push_back(clip.poses[frame]);
  }
  clip.poses = poses;
  return render(world, clip);
}

TEST(Renderer, GivesRgbBytesOfTheSizeAskedFor) {
  WorldOptions world = world_with_seed(1);
  world.walk.num_frames = 16;
  for (const RenderOptions size :
       {RenderOptions{84, 56}, RenderOptions{16, 16}, RenderOptions{130, 46}}) {
    world.render = size;
    const Rendering rendering = render(world, make_clip(world, 0));
    EXPECT_EQ(rendering.frames_FCYX.sizes(),
              (std::vector<int64_t>{16, 3, size.height, size.width}));
    EXPECT_EQ(rendering.frames_FCYX.scalar_type(), at::kByte);
  }
}

TEST(Renderer, SameSeedAndClipGiveTheSamePixels) {
  const WorldOptions world = world_with_seed(2);
  const at::Tensor first = render(world, make_clip(world, 3)).frames_FCYX;
  EXPECT_TRUE(at::equal(first, render(world, make_clip(world, 3)).frames_FCYX));
  EXPECT_FALSE(at::equal(first, render(world, make_clip(world, 4)).frames_FCYX));
  const WorldOptions other = world_with_seed(3);
  EXPECT_FALSE(at::equal(first, render(other, make_clip(other, 3)).frames_FCYX));
}

TEST(Renderer, EveryLandmarkIsSeenInSeveralSampledFrames) {
  for (const int64_t junctions : {2, 3}) {
    WorldOptions world = world_with_seed(4);
    world.num_junctions = junctions;
    for (int64_t index = 0; index < 80; ++index) {
      std::vector<int> large(
          junctions, 0);  // sampled frames in which the landmark's box has 60 pixels or more
      for (const VisibleBox& box : render_transcript(world, make_clip(world, index)).boxes) {
        large[box.junction] += (box.x1 - box.x0) * (box.y1 - box.y0) >= 60 ? 1 : 0;
      }
      for (const int count : large)
        EXPECT_GE(count, 2) << "clip " << index << ", " << junctions << " junctions";
    }
  }
}

TEST(Renderer, BoxesLieInThePictureAndHoldTheLandmarksColour) {
  const WorldOptions world = world_with_seed(5);
  for (int64_t index = 0; index < 10; ++index) {
    const Clip clip = make_clip(world, index);
    const Rendering rendering = render_transcript(world, clip);
    for (const VisibleBox& box : rendering.boxes) {
      ASSERT_TRUE(0 <= box.x0 && box.x0 < box.x1 && box.x1 <= 84);
      ASSERT_TRUE(0 <= box.y0 && box.y0 < box.y1 && box.y1 <= 56);
      if ((box.x1 - box.x0) * (box.y1 - box.y0) < 60) continue;
      const Color base = color(clip.route.landmarks[box.junction]);
      const at::Tensor pixels = rendering.frames_FCYX[box.frame]
                                    .slice(1, box.y0, box.y1)
                                    .slice(2, box.x0, box.x1)
                                    .to(at::kFloat)
                                    .reshape({3, -1});
      const at::Tensor hue = at::tensor({base.red, base.green, base.blue}).unsqueeze(1);
      const at::Tensor cosine = (pixels * hue).sum(0) / (pixels.norm(2, 0) * hue.norm() + 1e-3);
      EXPECT_GT(cosine.max().item<float>(), 0.985F) << "clip " << index << " frame " << box.frame;
    }
  }
}

// Mean colours of the left and right third: what a wall's tint leaves there.
std::vector<float> side_colors(const at::Tensor& frame_CYX) {
  const at::Tensor middle = frame_CYX.to(at::kFloat).slice(1, 14, 42);
  const at::Tensor left = middle.slice(2, 0, 20).mean({1, 2});
  const at::Tensor right = middle.slice(2, 64, 84).mean({1, 2});
  const at::Tensor both = at::cat({left, right}).contiguous();
  return {both.data_ptr<float>(), both.data_ptr<float>() + 6};
}

// A nearest-mean classifier on six numbers reads the heading from single frames, so a vision tower
// can.
TEST(Renderer, HeadingIsVisibleInASingleFrame) {
  const WorldOptions world = world_with_seed(6);
  std::map<Heading, std::vector<std::vector<float>>> train;
  std::vector<std::pair<Heading, std::vector<float>>> test;
  for (int64_t index = 0; index < 120; ++index) {
    Clip clip = make_clip(world, index);
    clip.poses.resize(1);
    const std::vector<float> seen = side_colors(render(world, clip).frames_FCYX[0]);
    if (index < 60) {
      train[clip.route.start_heading].push_back(seen);
    } else {
      test.emplace_back(clip.route.start_heading, seen);
    }
  }
  ASSERT_EQ(train.size(), 4U);
  int num_right = 0;
  for (const auto& [truth, seen] : test) {
    std::map<double, Heading> by_distance;
    for (const auto& [heading, examples] : train) {
      double distance = 0;
      for (size_t i = 0; i < seen.size(); ++i) {
        double mean = 0;
        for (const std::vector<float>& example : examples)
          mean += example[i] / static_cast<double>(examples.size());
        distance += (seen[i] - mean) * (seen[i] - mean);
      }
      by_distance.emplace(distance, heading);
    }
    num_right += by_distance.begin()->second == truth ? 1 : 0;
  }
  EXPECT_EQ(num_right, 60);
}

// A wall straight ahead has a known size in the picture: a closed form of the projection.
TEST(Renderer, AWallAheadHasTheHeightThatPerspectiveGives) {
  Route route;
  route.start_heading = Heading::kNorth;
  route.turns = {Turn::kLeft, Turn::kStraight};
  route.landmarks = {Landmark::kPillar, Landmark::kPlant};
  route.nodes = lattice_path(route.start_heading, route.turns);
  SceneLook look;
  for (Color& wall : look.walls) wall = {0, 0, 255};
  look.floor = look.ceiling = {255, 255, 255};
  look.wall_texture.factor.fill(1);
  look.floor_texture.factor.fill(1);
  Pose pose;  // north of the first crossing, in the arm that is not taken, facing its end
  const double wall_y_m = kBlockMetres + (kCellsPerBlock - 0.5) * kCellMetres;
  pose.y_m = wall_y_m - 2.0;
  pose.eye_height_m = kEyeHeightMetres;
  const Rendering rendering = render_clip(route, {pose}, look, {168, 112});
  const at::Tensor red =
      rendering.frames_FCYX[0][0].select(1, 84).to(at::kInt);  // rows of the middle column
  const int64_t num_wall_rows = (red < 128).sum().item<int64_t>();
  const double focal_px = 84;  // half the width: 90 degrees
  EXPECT_NEAR(static_cast<double>(num_wall_rows), focal_px * kLandmarkHeightMetres / 2.0, 1.0);
}

TEST(Renderer, AnOddOrTinySizeIsRefused) {
  const WorldOptions world = world_with_seed(1);
  const Clip clip = make_clip(world, 0);
  const SceneLook look = draw_scene_look(1, 0);
  expect_error<core::InternalError>(
      [&] {
        render_clip(clip.route, clip.poses, look, {83, 56});
      },
      "width 83");
  expect_error<core::InternalError>(
      [&] {
        render_clip(clip.route, clip.poses, look, {84, 4});
      },
      "height 4");
}

TEST(SceneLook, WallTintsStayClearlyDifferentUnderJitter) {
  for (int64_t clip = 0; clip < 200; ++clip) {
    const SceneLook look = draw_scene_look(8, clip);
    for (size_t a = 0; a < 4; ++a) {
      for (size_t b = a + 1; b < 4; ++b) {
        const double distance = std::hypot(look.walls[a].red - look.walls[b].red,
                                           look.walls[a].green - look.walls[b].green,
                                           look.walls[a].blue - look.walls[b].blue);
        EXPECT_GT(distance, 55) << "facings " << a << " and " << b << ", clip " << clip;
      }
    }
  }
}

TEST(Landmark, SilhouettesDiffer) {
  for (int64_t a = 0; a < kNumLandmarks; ++a) {
    for (int64_t b = a + 1; b < kNumLandmarks; ++b) {
      const Silhouette first = draw_silhouette(static_cast<Landmark>(a));
      const Silhouette second = draw_silhouette(static_cast<Landmark>(b));
      int num_different = 0, num_solid = 0;
      for (int row = 0; row < Silhouette::kHeight; ++row) {
        for (int column = 0; column < Silhouette::kWidth; ++column) {
          const bool in_first = first.brightness[row][column] > 0;
          const bool in_second = second.brightness[row][column] > 0;
          num_different += in_first != in_second ? 1 : 0;
          num_solid += in_first || in_second ? 1 : 0;
        }
      }
      EXPECT_GT(num_different, num_solid / 6)
          << to_string(static_cast<Landmark>(a)) << " and " << to_string(static_cast<Landmark>(b));
    }
  }
}

}  // namespace
}  // namespace retrace::egoworld
