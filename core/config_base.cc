#include "core/config_base.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/config_yaml.h"
#include "core/error.h"
#include "core/files.h"

namespace retrace::core {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBase = "base";

std::string read_recipe(const fs::path& file) {
  try {
    return read_text_file(file);
  } catch (const DataError& error) {
    throw ConfigError(error.what());
  }
}

void prefix_origins(ConfigTree& tree, const std::string& file) {
  tree.origin = tree.origin.empty() ? file : fmt::format("{}, {}", file, tree.origin);
  for (ConfigTree& item : tree.items) prefix_origins(item, file);
  for (auto& [key, value] : tree.members) prefix_origins(value, file);
}

// Takes `base` out of the tree; "" without it.
std::string take_base(ConfigTree& tree, const std::string& source) {
  const ConfigTree* base = tree.find(kBase);
  if (base == nullptr) return "";
  if (base->kind != ConfigTree::Kind::kScalar || base->scalar.empty()) {
    throw_<ConfigError>("{}: base: expected the path of one recipe, found {} ({})", source,
                        describe(*base), base->origin);
  }
  std::string path = base->scalar;
  std::erase_if(tree.members,
                [](const ConfigTree::Member& member) { return member.first == kBase; });
  return path;
}

void merge_over(ConfigTree& base, ConfigTree changes) {
  if (base.kind != ConfigTree::Kind::kMap || changes.kind != ConfigTree::Kind::kMap) {
    base = std::move(changes);
    return;
  }
  for (auto& [key, value] : changes.members) {
    if (ConfigTree* old = base.find(key)) {
      merge_over(*old, std::move(value));
    } else {
      base.members.emplace_back(key, std::move(value));
    }
  }
}

// `chain`: the files that led here, this one last.
LoadedConfig load(const fs::path& file, std::vector<fs::path> chain) {
  const fs::path real = fs::weakly_canonical(file);
  if (std::find(chain.begin(), chain.end(), real) != chain.end()) {
    throw_<ConfigError>(
        "{}: base: the recipe builds on itself, by way of {} file(s); take one base "
        "out",
        file.string(), chain.size());
  }
  const bool is_base = !chain.empty();
  chain.push_back(real);
  LoadedConfig loaded;
  loaded.tree = parse_config_yaml(read_recipe(file), file.string(), "");
  require_map(loaded.tree, file.string());
  const std::string name = take_base(loaded.tree, file.string());
  if (is_base) prefix_origins(loaded.tree, file.string());
  if (name.empty()) return loaded;
  const fs::path base = (file.parent_path() / name).lexically_normal();
  if (!fs::is_regular_file(base)) {
    throw_<ConfigError>("{}: base: expected a recipe beside this one, {} is no file", file.string(),
                        base.string());
  }
  LoadedConfig below = load(base, std::move(chain));
  merge_over(below.tree, std::move(loaded.tree));
  below.bases.insert(below.bases.begin(), base.string());
  return below;
}

}  // namespace

LoadedConfig load_config_file(const fs::path& file) {
  return load(file, {});
}

void require_map(ConfigTree& root, const std::string& source) {
  if (root.kind == ConfigTree::Kind::kNull) root.kind = ConfigTree::Kind::kMap;
  if (root.kind != ConfigTree::Kind::kMap) {
    throw_<ConfigError>("{}: expected sections of 'key: value' lines, found {}", source,
                        describe(root));
  }
}

}  // namespace retrace::core
