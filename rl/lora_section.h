// The recipe's model.lora: whether adapters train instead of the model, and which.
#pragma once

#include <filesystem>

#include "core/config_node.h"
#include "model/lora_options.h"

namespace retrace::rl {

struct LoraSection {
  model::LoraOptions options;  // rank 0: no adapters, the model itself trains
  // Adapters in PEFT's layout to go on from; all options but dropout are theirs then.
  std::filesystem::path path;

  bool enabled() const { return options.rank > 0 || !path.empty(); }
};

// Reads section "lora" of `model`. Throws ConfigError.
void read_lora(core::ConfigNode& model, LoraSection& lora);

}  // namespace retrace::rl
