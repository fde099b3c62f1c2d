// The only place that sees yaml-cpp.
#pragma once

#include <string>

#include "core/config_tree.h"

namespace retrace::core {

// Parses one YAML document. Values carry where they come from: `origin`, or their line if it is
// empty. Throws ConfigError starting with `source` for bad YAML, a duplicate key, a tag, or several
// documents.
ConfigTree parse_config_yaml(const std::string& yaml, const std::string& source,
                             const std::string& origin = "");

}  // namespace retrace::core
