#include "tools/egoworld/renderer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "tools/egoworld/camera.h"
#include "tools/egoworld/floor_plan.h"
#include "tools/egoworld/hand_painter.h"
#include "tools/egoworld/raster.h"
#include "tools/egoworld/ray_cast.h"
#include "tools/egoworld/street.h"

namespace retrace::egoworld {
namespace {

constexpr auto kCeilingMetres = static_cast<float>(kLandmarkHeightMetres);
constexpr auto kCell = static_cast<float>(kCellMetres);
constexpr float kNearestLandmarkMetres = 0.15F;
constexpr float kPlainTextureMetres = 9;  // textures have faded to plain colour here

Color scaled(Color color, float factor) {
  return {color.red * factor, color.green * factor, color.blue * factor};
}

float fog(float depth_m, float fog_m) {
  return 1 / (1 + depth_m / fog_m + 0.5F * depth_m * depth_m / (fog_m * fog_m));
}

// A texture's factor, pulled towards its plain mean with distance so that far walls do not flicker.
float faded(float factor, float depth_m) {
  const float strength = std::max(0.0F, 1 - depth_m / kPlainTextureMetres);
  return 0.92F + (factor - 0.92F) * strength;
}

// A landmark's silhouette, or with kNoOwner a tree's.
struct Sprite {
  float depth_m, column;
  int8_t junction;
};

class FrameRenderer {
 public:
  FrameRenderer(const Route& route, const SceneLook& look, const RenderOptions& options)
      : route_(route),
        look_(look),
        plan_(route),
        raster_(options.width, options.height),
        wall_depth_(raster_.width()) {
    for (const Landmark landmark : route.landmarks)
      silhouettes_.push_back(draw_silhouette(landmark));
    if (is_street()) {
      trees_ = tree_positions(look, plan_, route);
      tree_ = draw_tree();
    }
  }

  void render(const Pose& pose) {
    const Camera camera(pose, raster_.width(), raster_.height());
    for (int column = 0; column < raster_.width(); ++column) draw_surroundings(camera, column);
    for (const Sprite& sprite : sprites_back_to_front(camera)) {
      if (sprite.junction == Raster::kNoOwner) {
        draw_tree_sprite(camera, sprite);
      } else {
        draw_landmark(camera, sprite);
      }
    }
  }
  void render_hand(const TimedAction& action, int64_t frame) {
    paint_hand(raster_, action.action.object, object_state(action, frame), look_.skin);
  }
  const Raster& raster() const { return raster_; }
  std::vector<VisibleBox> visible_boxes(int64_t frame) const;

 private:
  // How a silhouette is laid into the picture.
  struct Stamp {
    const Silhouette& silhouette;
    float width_m, height_m;
    Color base;  // of brightness 1 percent
    int8_t owner;
  };

  bool is_street() const { return look_.theme == Theme::kOutdoor; }
  float fog(float depth_m) const { return egoworld::fog(depth_m, look_.fog_metres); }
  void draw_surroundings(const Camera& camera, int column);
  Color wall_color(const WallHit& hit, float share_from_top) const;
  Color level_color(float x_m, float y_m, float depth_m, bool is_floor) const;
  Color ground_color(int cell_x, int cell_y, float share_x, float share_y) const;
  void add_sprite(const Camera& camera, double x_m, double y_m, int8_t junction,
                  std::vector<Sprite>& sprites) const;
  std::vector<Sprite> sprites_back_to_front(const Camera& camera) const;
  void draw_landmark(const Camera& camera, const Sprite& sprite);
  void draw_tree_sprite(const Camera& camera, const Sprite& sprite);
  void draw_stamp(const Camera& camera, const Sprite& sprite, const Stamp& stamp);

  const Route& route_;
  const SceneLook& look_;
  FloorPlan plan_;
  Raster raster_;
  std::vector<float> wall_depth_;        // [columns] metres
  std::vector<Silhouette> silhouettes_;  // [junctions]
  std::vector<PlanPoint> trees_;
  Silhouette tree_;
};

void FrameRenderer::draw_surroundings(const Camera& camera, int column) {
  const Camera::Ray ray = camera.ray(column);
  const WallHit hit = cast_ray(plan_, camera, ray);
  wall_depth_[column] = hit.depth_m;
  const float wall_height =
      is_street() ? house_height_m(look_, hit.cell_x, hit.cell_y) : kCeilingMetres;
  const float top = camera.row_of(wall_height, hit.depth_m);
  const float bottom = camera.row_of(0, hit.depth_m);
  const float horizon = camera.row_of(kCeilingMetres, 1e30F);
  const float ceiling_scale =
      horizon - camera.row_of(kCeilingMetres, 1);  // samples above the horizon at 1 m
  const float floor_scale = camera.row_of(0, 1) - horizon;
  for (int row = 0; row < raster_.height(); ++row) {
    const float center = static_cast<float>(row) + 0.5F;
    if (center >= top && center < bottom) {
      raster_.set(column, row, wall_color(hit, (center - top) / (bottom - top)));
      continue;
    }
    const bool is_floor = center >= bottom;
    if (is_street() && !is_floor) {
      raster_.set(column, row, sky_color(look_, ray, (horizon - center) / camera.focal()));
      continue;
    }
    const float depth =
        is_floor ? floor_scale / (center - horizon) : ceiling_scale / (horizon - center);
    raster_.set(
        column, row,
        level_color(camera.x_m() + ray.x * depth, camera.y_m() + ray.y * depth, depth, is_floor));
  }
}

Color FrameRenderer::wall_color(const WallHit& hit, float share_from_top) const {
  const int column = static_cast<int>(hit.along * Texture::kSize);
  const int row = static_cast<int>(share_from_top * Texture::kSize);
  const float factor = faded(look_.wall_texture.at(column, row), hit.depth_m);
  return scaled(look_.walls[static_cast<size_t>(hit.facing)], factor * fog(hit.depth_m));
}

Color FrameRenderer::level_color(float x_m, float y_m, float depth_m, bool is_floor) const {
  const float x = x_m / kCell + 0.5F;
  const float y = y_m / kCell + 0.5F;
  const float cell_x = std::floor(x);
  const float cell_y = std::floor(y);
  const int column = static_cast<int>((x - cell_x) * Texture::kSize);
  const int row = static_cast<int>((y - cell_y) * Texture::kSize);
  const float factor = faded(look_.floor_texture.at(column, row), depth_m) * fog(depth_m);
  const int8_t cell = plan_.cell(static_cast<int>(cell_x), static_cast<int>(cell_y));
  if (cell < 0 && is_street()) {
    return scaled(
        ground_color(static_cast<int>(cell_x), static_cast<int>(cell_y), x - cell_x, y - cell_y),
        factor);
  }
  if (cell < 0) return scaled(is_floor ? look_.floor : look_.ceiling, factor);
  const Color patch = look_.landmarks[static_cast<size_t>(route_.landmarks[cell])];
  return scaled(patch, (is_floor ? 0.92F : 0.8F) * (0.8F + 0.2F * factor));
}

Color FrameRenderer::ground_color(int cell_x, int cell_y, float share_x, float share_y) const {
  const bool along_x = plan_.cell(cell_x - 1, cell_y) != FloorPlan::kWall ||
                       plan_.cell(cell_x + 1, cell_y) != FloorPlan::kWall;
  return along_x ? street_color(look_, share_y, share_x) : street_color(look_, share_x, share_y);
}

void FrameRenderer::add_sprite(const Camera& camera, double x_m, double y_m, int8_t junction,
                               std::vector<Sprite>& sprites) const {
  const Camera::Projected point = camera.project(x_m, y_m);
  if (point.depth_m < kNearestLandmarkMetres) return;
  sprites.push_back({point.depth_m, point.column, junction});
}

std::vector<Sprite> FrameRenderer::sprites_back_to_front(const Camera& camera) const {
  std::vector<Sprite> sprites;
  for (int64_t junction = 0; junction < route_.num_junctions(); ++junction) {
    const PlanPoint center = node_position(route_.nodes[junction + 1]);
    for (int corner = 0; corner < 4; ++corner) {
      const double dx = corner % 2 == 0 ? -kLandmarkOffsetMetres : kLandmarkOffsetMetres;
      const double dy = corner / 2 == 0 ? -kLandmarkOffsetMetres : kLandmarkOffsetMetres;
      add_sprite(camera, center.x_m + dx, center.y_m + dy, static_cast<int8_t>(junction), sprites);
    }
  }
  for (const PlanPoint& tree : trees_)
    add_sprite(camera, tree.x_m, tree.y_m, Raster::kNoOwner, sprites);
  std::stable_sort(sprites.begin(), sprites.end(),
                   [](const Sprite& a, const Sprite& b) { return a.depth_m > b.depth_m; });
  return sprites;
}

void FrameRenderer::draw_landmark(const Camera& camera, const Sprite& sprite) {
  const Color base = scaled(look_.landmarks[static_cast<size_t>(route_.landmarks[sprite.junction])],
                            (1 + fog(sprite.depth_m)) / 2 / 100);
  draw_stamp(camera, sprite,
             {silhouettes_[sprite.junction], static_cast<float>(kLandmarkWidthMetres),
              kCeilingMetres, base, sprite.junction});
}

void FrameRenderer::draw_tree_sprite(const Camera& camera, const Sprite& sprite) {
  draw_stamp(camera, sprite,
             {tree_, static_cast<float>(kTreeWidthMetres), static_cast<float>(kTreeHeightMetres),
              scaled(tree_color(), fog(sprite.depth_m) / 100), Raster::kNoOwner});
}

void FrameRenderer::draw_stamp(const Camera& camera, const Sprite& sprite, const Stamp& stamp) {
  const float width = camera.focal() * stamp.width_m / sprite.depth_m;
  const float left = sprite.column - width / 2;
  const float top = camera.row_of(stamp.height_m, sprite.depth_m);
  const float height = camera.row_of(0, sprite.depth_m) - top;
  const auto clamped = [](float value, int limit) {
    return static_cast<int>(std::clamp(std::ceil(value - 0.5F), 0.0F, static_cast<float>(limit)));
  };
  const int first_column = clamped(left, raster_.width());
  const int end_column = clamped(left + width, raster_.width());
  const int first_row = clamped(top, raster_.height());
  const int end_row = clamped(top + height, raster_.height());
  for (int column = first_column; column < end_column; ++column) {
    if (sprite.depth_m >= wall_depth_[column]) continue;
    const float u = (static_cast<float>(column) + 0.5F - left) / width;
    const int texel_x = std::min(static_cast<int>(u * Silhouette::kWidth), Silhouette::kWidth - 1);
    for (int row = first_row; row < end_row; ++row) {
      const float v = (static_cast<float>(row) + 0.5F - top) / height;
      const int texel_y =
          std::min(static_cast<int>(v * Silhouette::kHeight), Silhouette::kHeight - 1);
      const uint8_t percent = stamp.silhouette.brightness[texel_y][texel_x];
      if (percent > 0) raster_.set(column, row, scaled(stamp.base, percent), stamp.owner);
    }
  }
}

std::vector<VisibleBox> FrameRenderer::visible_boxes(int64_t frame) const {
  std::vector<VisibleBox> boxes(route_.num_junctions());
  for (int row = 0; row < raster_.height(); ++row) {
    for (int column = 0; column < raster_.width(); ++column) {
      const int8_t owner = raster_.owner(column, row);
      if (owner == Raster::kNoOwner) continue;
      VisibleBox& box = boxes[owner];
      const int x = column / Raster::kScale;
      const int y = row / Raster::kScale;
      const bool is_new = box.x1 == 0;
      box = {frame,
             owner,
             is_new ? x : std::min<int64_t>(box.x0, x),
             is_new ? y : std::min<int64_t>(box.y0, y),
             std::max<int64_t>(box.x1, x + 1),
             std::max<int64_t>(box.y1, y + 1)};
    }
  }
  std::erase_if(boxes, [](const VisibleBox& box) { return box.x1 == 0; });
  return boxes;
}

void check_side(int64_t side, const char* name) {
  RETRACE_CHECK(side >= kMinSide && side <= kMaxSide && side % 2 == 0,
                "{} {}: must be even and in [{}, {}]", name, side, kMinSide, kMaxSide);
}

}  // namespace

Rendering render_clip(const Route& route, const std::vector<Pose>& poses, const SceneLook& look,
                      const RenderOptions& options, const std::vector<TimedAction>& actions) {
  check_side(options.width, "width");
  check_side(options.height, "height");
  const auto num_frames = static_cast<int64_t>(poses.size());
  Rendering rendering;
  rendering.frames_FCYX = at::empty({num_frames, 3, options.height, options.width}, at::kByte);
  auto* output = rendering.frames_FCYX.data_ptr<uint8_t>();
  FrameRenderer renderer(route, look, options);
  for (int64_t frame = 0; frame < num_frames; ++frame) {
    renderer.render(poses[frame]);
    for (const TimedAction& action : actions) {
      if (frame >= action.first_frame && frame < action.end_frame)
        renderer.render_hand(action, frame);
    }
    renderer.raster().resolve(output + frame * 3 * options.height * options.width);
    const std::vector<VisibleBox> boxes = renderer.visible_boxes(frame);
    rendering.boxes.insert(rendering.boxes.end(), boxes.begin(), boxes.end());
  }
  return rendering;
}

}  // namespace retrace::egoworld
