// Recipes that build on others.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/config_tree.h"

namespace retrace::core {

struct LoadedConfig {
  ConfigTree tree;                 // a map, without the key `base`
  std::vector<std::string> bases;  // the files it builds on, nearest first
};

// Reads a YAML file. Its top key `base`, if any, names another file, by its path from this one's
// folder; that file's values hold where this one says nothing: sections are merged key by key,
// everything else, lists too, is replaced whole. A base may have a base. Where a value comes from a
// base its origin names the file. Throws ConfigError for a missing file, bad YAML, a root that is
// no map, a `base` that is no path, and files that build on themselves.
LoadedConfig load_config_file(const std::filesystem::path& file);

// Checks that the root of a recipe is a map; nothing at all is an empty one.
void require_map(ConfigTree& root, const std::string& source);

}  // namespace retrace::core
