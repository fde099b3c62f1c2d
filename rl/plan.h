// What a recipe means in numbers, before anything runs: prompts, completions, steps, memory, time.
#pragma once

#include <string>

#include "rl/run_config.h"

namespace retrace::rl {

// Several lines of text. Reads the model's config.json and the data files, and builds the first
// sample's prompt. Throws what those reads throw.
std::string describe_plan(const RunConfig& config, int world_size);

}  // namespace retrace::rl
