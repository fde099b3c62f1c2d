// What a low-rank adapter is made of: the numbers of PEFT's adapter_config.json that Retrace knows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/parameter_specs.h"

namespace retrace::model {

struct LoraOptions {
  int64_t rank = 0;  // 0: no adapters
  double alpha = 32;
  double dropout = 0;       // of a layer's input, in training only; in [0, 1)
  bool use_rslora = false;  // scale by alpha / sqrt(rank) instead of alpha / rank
  // Entries of ModulePattern over nested paths, or "all-linear": every linear layer but the head.
  std::vector<std::string> target_modules = {"all-linear"};
  std::vector<std::string> exclude_modules = {};  // taken out again

  double scaling() const;
};

// Nested path of the linear layer whose matrix the spec is: "model.visual.blocks.0.attn.qkv". Empty
// if it is none that can have an adapter (ParameterSpec::is_linear).
std::string adaptable_module(const ParameterSpec& spec);

// Indices into `specs` of the matrices that get an adapter, ascending. Throws ConfigError for an
// entry of either list that matches nothing, and for a target that is no linear layer, naming what
// there is.
std::vector<size_t> match_modules(const std::vector<ParameterSpec>& specs,
                                  const LoraOptions& options);

}  // namespace retrace::model
