// When each action of a clip happens, and how far it has come in a frame.
//
// Note [Every action is seen]. A model sees kTranscriptFrames frames, at most `gap` frames apart.
// An action lasts three times `gap` frames: in the first third the object is still as it was, in
// the second it changes, in the last it is as it will be. So each third holds a frame that the
// model sees, and the verb shows in them, however the frames fall. Actions do not overlap.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/egoworld/action.h"

namespace retrace::egoworld {

struct TimedAction {
  Action action;
  int64_t first_frame = 0, end_frame = 0;  // half-open
};

inline constexpr int64_t kMaxActions = 3;
// As many as there are crossings, up to kMaxActions.
int64_t num_actions_of(int64_t num_junctions);
// Throws ConfigError when so many actions do not fit into so many frames.
void check_actions_fit(int64_t num_actions, int64_t num_frames);

// One action in each of equal parts of the clip, at a random place in its part. Pure in all
// arguments.
std::vector<TimedAction> plan_actions(int64_t num_actions, int64_t num_frames, uint64_t seed,
                                      int64_t clip);

std::vector<Action> actions_of(const std::vector<TimedAction>& plan);

// The object's state in a frame of the action: 0 before its first verb, 1 after. An action with
// `undoes` goes from 1 to 0; played backwards, it is exactly its opposite.
float object_state(const TimedAction& action, int64_t frame);

}  // namespace retrace::egoworld
