// All questions that a world asks about one clip.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/egoworld/clip.h"
#include "tools/egoworld/question.h"

namespace retrace::egoworld {

int64_t questions_per_clip(const WorldOptions& world);

// For each of the world's tasks in turn: forward, then reverse. Pure in (world, clip); walks and
// renders nothing.
std::vector<Question> make_clip_questions(const WorldOptions& world, int64_t clip);

}  // namespace retrace::egoworld
