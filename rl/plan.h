// What a recipe means in numbers, before anything runs: prompts, completions, steps, evaluations,
// memory, time.
#pragma once

#include <string>

#include "rl/run_config.h"

namespace retrace::rl {

// Several lines of text: one for the model, one or two for each stage, one for the evaluations of a
// run that is not resumed. Reads the model's config.json and the data files, and builds the prompt
// of each file list's first sample. Throws what those reads throw.
std::string describe_plan(const RunConfig& config, int world_size);

}  // namespace retrace::rl
