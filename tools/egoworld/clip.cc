#include "tools/egoworld/clip.h"

#include <fmt/format.h>

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
}

Clip make_clip(const WorldOptions& options, int64_t index) {
  Clip clip;
  clip.index = index;
  clip.route = draw_route(options.seed, index, options.num_junctions);
  clip.poses = walk_route(clip.route, options.walk, options.seed, index);
  return clip;
}

Rendering render(const WorldOptions& options, const Clip& clip) {
  return render_clip(clip.route, clip.poses, draw_scene_look(options.seed, clip.index),
                     options.render);
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
