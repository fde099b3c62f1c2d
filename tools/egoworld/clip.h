// One clip without its pixels: everything that labels, questions and exercises are made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/egoworld/renderer.h"
#include "tools/egoworld/route.h"
#include "tools/egoworld/walk.h"

namespace retrace::egoworld {

struct WorldOptions {
  uint64_t seed = 0;
  int64_t num_junctions = 3;
  WalkOptions walk;
  RenderOptions render;
};
// Throws ConfigError for a value outside its limits.
void validate(const WorldOptions& options);

struct Clip {
  int64_t index = 0;
  Route route;
  std::vector<Pose> poses;  // [frames]
};

// Pure in (options, index); does not depend on the picture's size.
Clip make_clip(const WorldOptions& options, int64_t index);
Rendering render(const WorldOptions& options, const Clip& clip);

std::string video_name(int64_t clip);  // "videos/000007.mp4"

inline constexpr int64_t kTranscriptFrames = 16;  // evenly spaced, as a model samples them
std::vector<int64_t> transcript_frames(int64_t num_frames);  // [kTranscriptFrames]

}  // namespace retrace::egoworld
