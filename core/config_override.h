// Command-line overrides of single recipe values: `a.b.c=value`.
#pragma once

#include <string>
#include <vector>

#include "core/config_tree.h"

namespace retrace::core {

struct ConfigOverride {
  std::string text;               // as given
  std::vector<std::string> path;  // the keys, outermost first; at least one, none empty
  std::string value_yaml;         // what is right of the first '='
};

// Throws ConfigError for a missing '=', an empty key or an empty value.
ConfigOverride parse_override(const std::string& text);

// Sets the value at the path, making the sections on the way that do not exist. Throws ConfigError
// if the path goes through something that is not a section, or ends at a section.
void apply_override(const ConfigOverride& override_, ConfigTree value, ConfigTree& root);

}  // namespace retrace::core
