#include "tools/egoworld/walk.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "tools/egoworld/floor_plan.h"

namespace retrace::egoworld {
namespace {

constexpr double kQuarterTurn = std::numbers::pi / 2;
constexpr double kLeadInCells = 2.5, kLeadOutCells = 2.5;
constexpr double kTurnRadiusMetres = 0.4;
// Durations in units that come out as frames with the default options.
constexpr double kUnitsPerMetre = 1.5, kUnitsPerTurn = 5;
constexpr double kBobMetres = 0.025, kSwayRadians = 0.02, kStepsPerSecond = 1.7;

// A straight line or a quarter circle; both start at (x, y) with the given heading.
struct Segment {
  double x_m, y_m, heading_rad;
  double length_m;   // straight: its length; arc: 0
  double turn_sign;  // arc: +1 right, -1 left; straight: 0
  double duration;   // units
};

class PathBuilder {
 public:
  PathBuilder(PlanPoint start, double heading_rad)
      : x_m_(start.x_m), y_m_(start.y_m), heading_rad_(heading_rad) {}

  void go_straight(double length_m, double pace) {
    segments_.push_back({x_m_, y_m_, heading_rad_, length_m, 0, length_m * kUnitsPerMetre * pace});
    advance(heading_rad_, length_m);
  }
  void turn(double turn_sign, double pace) {
    segments_.push_back({x_m_, y_m_, heading_rad_, 0, turn_sign, kUnitsPerTurn * pace});
    advance(heading_rad_, kTurnRadiusMetres);
    heading_rad_ += turn_sign * kQuarterTurn;
    advance(heading_rad_, kTurnRadiusMetres);
  }
  const std::vector<Segment>& segments() const { return segments_; }

 private:
  void advance(double heading_rad, double distance_m) {
    x_m_ += std::sin(heading_rad) * distance_m;
    y_m_ += std::cos(heading_rad) * distance_m;
  }
  double x_m_, y_m_, heading_rad_;
  std::vector<Segment> segments_;
};

std::vector<Segment> build_path(const Route& route, core::RandomSequence& random) {
  const double start_heading = static_cast<int>(route.start_heading) * kQuarterTurn;
  PlanPoint start = node_position(route.nodes[1]);
  start.x_m -= std::sin(start_heading) * kLeadInCells * kCellMetres;
  start.y_m -= std::cos(start_heading) * kLeadInCells * kCellMetres;
  PathBuilder path(start, start_heading);
  double distance_m = kLeadInCells * kCellMetres;  // to the next crossing's centre, or to the end
  for (size_t junction = 0; junction < route.turns.size(); ++junction) {
    const bool is_last = junction + 1 == route.turns.size();
    const double next_distance_m = is_last ? kLeadOutCells * kCellMetres : kBlockMetres;
    if (route.turns[junction] == Turn::kStraight) {
      distance_m += next_distance_m;
    } else {
      path.go_straight(distance_m - kTurnRadiusMetres, random.uniform(0.88, 1.12));
      path.turn(route.turns[junction] == Turn::kRight ? 1 : -1, random.uniform(0.92, 1.08));
      distance_m = next_distance_m - kTurnRadiusMetres;
    }
  }
  path.go_straight(distance_m, random.uniform(0.88, 1.12));
  return path.segments();
}

Pose pose_on(const Segment& segment, double share) {
  Pose pose;
  double forward_m = segment.length_m * share;
  double right_m = 0;
  pose.heading_rad = segment.heading_rad;
  if (segment.turn_sign != 0) {
    const double angle = share * kQuarterTurn;
    forward_m = kTurnRadiusMetres * std::sin(angle);
    right_m = segment.turn_sign * kTurnRadiusMetres * (1 - std::cos(angle));
    const double eased = share * share * (3 - 2 * share);
    pose.heading_rad += segment.turn_sign * kQuarterTurn * eased;
  }
  const double sine = std::sin(segment.heading_rad);
  const double cosine = std::cos(segment.heading_rad);
  pose.x_m = segment.x_m + sine * forward_m + cosine * right_m;
  pose.y_m = segment.y_m + cosine * forward_m - sine * right_m;
  return pose;
}

}  // namespace

std::vector<Pose> walk_route(const Route& route, const WalkOptions& options, uint64_t seed,
                             int64_t clip) {
  RETRACE_CHECK(options.num_frames >= 2, "{} frames", options.num_frames);
  core::RandomSequence random(core::RandomStream(seed, "egoworld/walk").substream(clip));
  const std::vector<Segment> segments = build_path(route, random);
  double total = 0;
  for (const Segment& segment : segments) total += segment.duration;
  const double bob_phase = random.uniform(0, 2 * std::numbers::pi);

  std::vector<Pose> poses;
  size_t current = 0;
  double current_start = 0;
  for (int64_t frame = 0; frame < options.num_frames; ++frame) {
    const double now =
        total * static_cast<double>(frame) / static_cast<double>(options.num_frames - 1);
    while (current + 1 < segments.size() && now > current_start + segments[current].duration) {
      current_start += segments[current++].duration;
    }
    const double share = std::clamp((now - current_start) / segments[current].duration, 0.0, 1.0);
    Pose pose = pose_on(segments[current], share);
    pose.t_seconds = static_cast<double>(frame) / options.fps;
    const double phase = bob_phase + 2 * std::numbers::pi * kStepsPerSecond * pose.t_seconds;
    pose.eye_height_m = kEyeHeightMetres + kBobMetres * std::sin(phase);
    pose.heading_rad += kSwayRadians * std::sin(phase / 2);
    poses.push_back(pose);
  }
  return poses;
}

double heading_at(const std::vector<Pose>& poses, double frame) {
  const auto last = static_cast<double>(poses.size() - 1);
  RETRACE_CHECK(frame >= 0 && frame <= last, "frame {} of [0, {}]", frame, last);
  const auto before = static_cast<size_t>(frame);
  const size_t after = std::min(before + 1, poses.size() - 1);
  const double share = frame - static_cast<double>(before);
  return poses[before].heading_rad * (1 - share) + poses[after].heading_rad * share;
}

}  // namespace retrace::egoworld
