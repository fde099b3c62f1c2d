// One clip without its pixels: everything that labels, questions and exercises are made from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/sample.h"
#include "tools/egoworld/action_plan.h"
#include "tools/egoworld/difficulty.h"
#include "tools/egoworld/renderer.h"
#include "tools/egoworld/route.h"
#include "tools/egoworld/theme.h"
#include "tools/egoworld/walk.h"

namespace retrace::egoworld {

struct WorldOptions {
  uint64_t seed = 0;
  ThemeChoice theme = ThemeChoice::kIndoor;
  Difficulty difficulty = Difficulty::kMedium;
  int64_t num_junctions = 3;  // whatever the difficulty says; the program asks level_of
  // What is asked about each clip, each at most once, in this order: kDirection, kLandmark,
  // kAction, kRoute. With kAction the walker acts in the videos.
  std::vector<data::Task> tasks = {data::Task::kDirection, data::Task::kLandmark};
  WalkOptions walk;
  RenderOptions render;
};
// Throws ConfigError for a value outside its limits.
void validate(const WorldOptions& options);
bool has_actions(const WorldOptions& options);
// "direction,landmark": names in any order, each once. Throws ConfigError.
std::vector<data::Task> parse_tasks(std::string_view text, std::string_view option);

struct Clip {
  int64_t index = 0;
  Theme theme = Theme::kIndoor;
  Route route;
  std::vector<Pose> poses;           // [frames]
  std::vector<TimedAction> actions;  // in order of time; empty when the walker only walks
};

// Pure in (options, index); does not depend on the picture's size.
Clip make_clip(const WorldOptions& options, int64_t index);
Rendering render(const WorldOptions& options, const Clip& clip);

std::string video_name(int64_t clip);  // "videos/000007.mp4"

inline constexpr int64_t kTranscriptFrames = 16;  // evenly spaced, as a model samples them
std::vector<int64_t> transcript_frames(int64_t num_frames);  // [kTranscriptFrames]

}  // namespace retrace::egoworld
