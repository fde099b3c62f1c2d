// "recall:0.7,check:0.3": names with weights, and drawing from them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.h"

namespace retrace::egoworld {

struct NamedWeight {
  std::string name;
  double weight = 1;
};

// `option` names the command line option in errors. A name without a weight weighs 1. Throws
// ConfigError for empty text, a missing name, a weight that is not a number of 0 or more, a
// repeated name, or weights that sum to 0.
std::vector<NamedWeight> parse_named_weights(std::string_view text, std::string_view option);

// Index drawn in proportion to the weights.
size_t draw_weighted(const std::vector<double>& weights, core::RandomSequence& random);

}  // namespace retrace::egoworld
