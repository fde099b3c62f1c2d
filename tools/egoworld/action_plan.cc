#include "tools/egoworld/action_plan.h"

#include <algorithm>

#include "core/error.h"
#include "tools/egoworld/clip.h"

namespace retrace::egoworld {
namespace {

// The most frames from one transcript frame to the next: ceil((num_frames - 1) / (frames - 1)).
int64_t transcript_gap(int64_t num_frames) {
  return (num_frames - 1 + kTranscriptFrames - 2) / (kTranscriptFrames - 1);
}

}  // namespace

int64_t num_actions_of(int64_t num_junctions) {
  return std::min(num_junctions, kMaxActions);
}

void check_actions_fit(int64_t num_actions, int64_t num_frames) {
  const int64_t action_frames = 3 * transcript_gap(num_frames);
  if (num_frames / num_actions >= action_frames) return;
  core::throw_<core::ConfigError>(
      "frames: {} actions of {} frames do not fit into {} frames; ask for 48, or another number",
      num_actions, action_frames, num_frames);
}

std::vector<TimedAction> plan_actions(int64_t num_actions, int64_t num_frames, uint64_t seed,
                                      int64_t clip) {
  check_actions_fit(num_actions, num_frames);
  core::RandomSequence random(core::RandomStream(seed, "egoworld/actions").substream(clip));
  const std::vector<Action> actions = draw_actions(random, num_actions);
  const int64_t action_frames = 3 * transcript_gap(num_frames);
  const int64_t part_frames = num_frames / num_actions;
  std::vector<TimedAction> plan;
  for (int64_t i = 0; i < num_actions; ++i) {
    const auto offset = static_cast<int64_t>(random.below(part_frames - action_frames + 1));
    const int64_t first = i * part_frames + offset;
    plan.push_back({actions[i], first, first + action_frames});
  }
  return plan;
}

std::vector<Action> actions_of(const std::vector<TimedAction>& plan) {
  std::vector<Action> actions;
  for (const TimedAction& timed : plan) actions.push_back(timed.action);
  return actions;
}

float object_state(const TimedAction& action, int64_t frame) {
  const auto length = static_cast<float>(action.end_frame - action.first_frame);
  const float share = (static_cast<float>(frame - action.first_frame) + 0.5F) / length;
  const float moved = std::clamp(3 * share - 1, 0.0F, 1.0F);
  const float eased = moved * moved * (3 - 2 * moved);
  return action.action.undoes ? 1 - eased : eased;
}

}  // namespace retrace::egoworld
