// The results of a run as Markdown.
#pragma once

#include <string>
#include <vector>

#include "rl/checkpoint.h"

namespace retrace::rl {

// One line a model and question group ("all", "forward", "reverse", then tasks): accuracy with the
// video and of the blind twin, each with its 95 % Wilson interval.
std::string summary_table(const std::vector<EvalRow>& table);

}  // namespace retrace::rl
