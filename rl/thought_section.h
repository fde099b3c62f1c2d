// The recipe's choice of demonstrations (keys of section sft).
#pragma once

#include "core/config_node.h"
#include "rl/run_config.h"

namespace retrace::rl {

// Reads `thought` and `thought_fallback`. Throws ConfigError.
void read_thought(core::ConfigNode& sft, SftSection& section);

}  // namespace retrace::rl
