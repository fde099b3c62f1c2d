#include "tools/egoworld/clip.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "data/frame_sampler.h"
#include "tools/egoworld/scene_look.h"

namespace retrace::egoworld {
namespace {

constexpr int64_t kMaxFrames = 10000;
constexpr int64_t kMaxClipBytes = int64_t{1}
                                  << 30;  // a clip's frames are held in memory, once per thread

void check_side(int64_t side, const char* name) {
  if (side >= kMinSide && side <= kMaxSide && side % 2 == 0) return;
  core::throw_<core::ConfigError>(
      "{}: must be even and {} to {} pixels, is {}; H.264 stores colour for 2x2 pixels", name,
      kMinSide, kMaxSide, side);
}

}  // namespace

void validate(const WorldOptions& options) {
  check_num_junctions(options.num_junctions);
  RETRACE_CHECK(!options.tasks.empty(), "no task");
  check_side(options.render.width, "width");
  check_side(options.render.height, "height");
  const int64_t num_frames = options.walk.num_frames;
  if (num_frames < kTranscriptFrames || num_frames > kMaxFrames) {
    core::throw_<core::ConfigError>("frames: must be {} to {}, is {}", kTranscriptFrames,
                                    kMaxFrames, num_frames);
  }
  const int64_t clip_bytes = num_frames * 3 * options.render.width * options.render.height;
  if (clip_bytes > kMaxClipBytes) {
    core::throw_<core::ConfigError>(
        "frames: {} frames of {}x{} pixels are {} MiB, the limit is {}; ask for fewer or "
        "smaller frames",
        num_frames, options.render.width, options.render.height, clip_bytes >> 20,
        kMaxClipBytes >> 20);
  }
  if (!std::isfinite(options.walk.fps) || options.walk.fps < 0.1 || options.walk.fps > 240) {
    core::throw_<core::ConfigError>("fps: must be 0.1 to 240 frames per second, is {}",
                                    options.walk.fps);
  }
  if (has_actions(options)) check_actions_fit(num_actions_of(options.num_junctions), num_frames);
}

bool has_actions(const WorldOptions& options) {
  return std::find(options.tasks.begin(), options.tasks.end(), data::Task::kAction) !=
         options.tasks.end();
}

std::vector<data::Task> parse_tasks(std::string_view text, std::string_view option) {
  constexpr std::array kTasks = {data::Task::kDirection, data::Task::kLandmark, data::Task::kAction,
                                 data::Task::kRoute};
  std::array<bool, kTasks.size()> is_asked{};
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    const auto task = std::find_if(kTasks.begin(), kTasks.end(), [&](data::Task known) {
      return data::to_string(known) == name;
    });
    if (task == kTasks.end()) {
      core::throw_<core::ConfigError>(
          "{}: unknown task '{}'; there are: direction, landmark, action, route", option, name);
    }
    bool& is_given = is_asked[task - kTasks.begin()];
    if (is_given) {
      core::throw_<core::ConfigError>("{}: '{}' is given twice; give each task once", option, name);
    }
    is_given = true;
    begin = end + 1;
  }
  std::vector<data::Task> tasks;
  for (size_t i = 0; i < kTasks.size(); ++i) {
    if (is_asked[i]) tasks.push_back(kTasks[i]);
  }
  return tasks;
}

Clip make_clip(const WorldOptions& options, int64_t index) {
  Clip clip;
  clip.index = index;
  clip.theme = theme_of_clip(options.theme, index);
  clip.route = draw_route(options.seed, index, options.num_junctions, clip.theme);
  clip.poses = walk_route(clip.route, options.walk, options.seed, index);
  if (has_actions(options)) {
    clip.actions = plan_actions(num_actions_of(options.num_junctions), options.walk.num_frames,
                                options.seed, index);
  }
  return clip;
}

Rendering render(const WorldOptions& options, const Clip& clip) {
  const SceneLook look =
      draw_scene_look(options.seed, clip.index, clip.theme, level_of(options.difficulty));
  return render_clip(clip.route, clip.poses, look, options.render, clip.actions);
}

std::string video_name(int64_t clip) {
  return fmt::format("videos/{:06d}.mp4", clip);
}

std::vector<int64_t> transcript_frames(int64_t num_frames) {
  data::FrameSamplerOptions options;
  options.rule = data::SamplingRule::kLinspaceFloor;
  options.num_frames = kTranscriptFrames;
  return data::sample_frame_indices(num_frames, /* video_fps = */ 1, options);
}

}  // namespace retrace::egoworld
