#include "core/config_node.h"

#include <optional>
#include <variant>

#include "core/config_base.h"
#include "core/config_override.h"
#include "core/config_tree.h"
#include "core/config_value.h"
#include "core/config_yaml.h"
#include "core/edit_distance.h"
#include "core/error.h"

namespace retrace::core {

// ------------------------------------------------------------------------------------------------
// State of one node
// ------------------------------------------------------------------------------------------------

struct ConfigNode::Impl {
  using Child = std::shared_ptr<Impl>;
  using Recorded = std::variant<ConfigTree, Child, std::vector<Child>>;

  std::string source;  // file name
  std::string path;    // "grpo.sampling"; empty for the root
  ConfigTree tree;     // a map
  std::vector<std::pair<std::string, Recorded>> read_entries;  // in reading order
  std::vector<std::string> bases;  // of the root: the files it builds on

  std::string path_of(std::string_view key) const {
    if (key.empty() || path.empty()) return path.empty() ? std::string(key) : path;
    return fmt::format("{}.{}", path, key);
  }

  Recorded* find_recorded(std::string_view key) {
    for (auto& [name, recorded] : read_entries) {
      if (name == key) return &recorded;
    }
    return nullptr;
  }

  void record(std::string_view key, Recorded value) {
    if (Recorded* existing = find_recorded(key)) {
      *existing = std::move(value);
    } else {
      read_entries.emplace_back(key, std::move(value));
    }
  }

  [[noreturn]] void fail_at(const std::string& full_path, std::string_view message,
                            std::string_view origin) const {
    throw_<ConfigError>("{}: {}{}{}{}", source, full_path, full_path.empty() ? "" : ": ", message,
                        origin.empty() ? "" : fmt::format(" ({})", origin));
  }

  [[noreturn]] void fail_type(const std::string& full_path, std::string_view expected,
                              const ConfigTree& found) const {
    fail_at(full_path, fmt::format("expected {}, found {}", expected, describe(found)),
            found.origin);
  }

  template <class T>
  T to_scalar(const std::string& full_path, const ConfigTree& found) const {
    std::optional<T> value = parse_scalar<T>(found);
    if (!value) fail_type(full_path, ScalarType<T>::kName, found);
    return *std::move(value);
  }

  template <class T>
  void read_scalar(std::string_view key, T& value) {
    if (const ConfigTree* found = tree.find(key)) value = to_scalar<T>(path_of(key), *found);
    record(key, to_tree(value));
  }

  template <class T>
  void read_list(std::string_view key, std::vector<T>& values) {
    if (const ConfigTree* found = tree.find(key)) {
      const std::string full_path = path_of(key);
      if (found->kind != ConfigTree::Kind::kList) {
        fail_type(full_path, fmt::format("a list in brackets (each {})", ScalarType<T>::kName),
                  *found);
      }
      values.clear();
      for (size_t i = 0; i < found->items.size(); ++i) {
        values.push_back(to_scalar<T>(fmt::format("{}[{}]", full_path, i), found->items[i]));
      }
    }
    record(key, to_tree(values));
  }

  Child make_child(std::string child_path, ConfigTree child_tree) const {
    if (child_tree.kind == ConfigTree::Kind::kNull) child_tree.kind = ConfigTree::Kind::kMap;
    if (child_tree.kind != ConfigTree::Kind::kMap) {
      fail_type(child_path, "a section of 'key: value' lines", child_tree);
    }
    return std::make_shared<Impl>(
        Impl{source, std::move(child_path), std::move(child_tree), {}, {}});
  }

  static ConfigTree resolved(const Recorded& recorded) {
    if (const auto* value = std::get_if<ConfigTree>(&recorded)) return *value;
    if (const auto* child = std::get_if<Child>(&recorded)) return (*child)->resolved();
    ConfigTree list;
    list.kind = ConfigTree::Kind::kList;
    for (const Child& child : std::get<std::vector<Child>>(recorded)) {
      list.items.push_back(child->resolved());
    }
    return list;
  }

  ConfigTree resolved() const {
    ConfigTree map;
    map.kind = ConfigTree::Kind::kMap;
    for (const auto& [key, recorded] : read_entries)
      map.members.emplace_back(key, resolved(recorded));
    return map;
  }
};

// ------------------------------------------------------------------------------------------------
// Sources
// ------------------------------------------------------------------------------------------------

namespace {

void apply_overrides(ConfigTree& root, std::span<const std::string> overrides) {
  for (const std::string& text : overrides) {
    const ConfigOverride parsed = parse_override(text);
    const std::string origin = fmt::format("override '{}'", one_line(text));
    apply_override(parsed, parse_config_yaml(parsed.value_yaml, origin, origin), root);
  }
}

}  // namespace

ConfigNode ConfigNode::from_file(const std::filesystem::path& file,
                                 std::span<const std::string> overrides) {
  LoadedConfig loaded = load_config_file(file);
  apply_overrides(loaded.tree, overrides);
  return ConfigNode(std::make_shared<Impl>(
      Impl{file.string(), "", std::move(loaded.tree), {}, std::move(loaded.bases)}));
}

ConfigNode ConfigNode::from_string(std::string_view yaml, std::string source_name,
                                   std::span<const std::string> overrides) {
  ConfigTree root = parse_config_yaml(std::string(yaml), source_name, "");
  require_map(root, source_name);
  apply_overrides(root, overrides);
  return ConfigNode(
      std::make_shared<Impl>(Impl{std::move(source_name), "", std::move(root), {}, {}}));
}

// ------------------------------------------------------------------------------------------------
// Reading
// ------------------------------------------------------------------------------------------------

void ConfigNode::read(std::string_view key, bool& value) {
  impl_->read_scalar(key, value);
}
void ConfigNode::read(std::string_view key, int64_t& value) {
  impl_->read_scalar(key, value);
}
void ConfigNode::read(std::string_view key, uint64_t& value) {
  impl_->read_scalar(key, value);
}
void ConfigNode::read(std::string_view key, double& value) {
  impl_->read_scalar(key, value);
}
void ConfigNode::read(std::string_view key, std::string& value) {
  impl_->read_scalar(key, value);
}
void ConfigNode::read(std::string_view key, std::filesystem::path& value) {
  std::string text = value.string();
  impl_->read_scalar(key, text);
  value = text;
}
void ConfigNode::read(std::string_view key, std::vector<std::string>& value) {
  impl_->read_list(key, value);
}
void ConfigNode::read(std::string_view key, std::vector<int64_t>& value) {
  impl_->read_list(key, value);
}
void ConfigNode::read(std::string_view key, std::vector<double>& value) {
  impl_->read_list(key, value);
}

size_t ConfigNode::read_choice_index(std::string_view key,
                                     const std::vector<std::string_view>& names,
                                     std::string_view current) {
  RETRACE_CHECK(has(key) || !current.empty(), "the default of '{}' is none of its choices", key);
  std::string picked(current);
  impl_->read_scalar(key, picked);
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == picked) return i;
  }
  const std::vector<std::string> candidates(names.begin(), names.end());
  const std::string nearest = nearest_name(picked, candidates);
  fail(key,
       fmt::format("expected one of {}; found '{}'{}", fmt::join(names, ", "), one_line(picked),
                   nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
}

bool ConfigNode::has(std::string_view key) const {
  return impl_->tree.find(key) != nullptr;
}

ConfigNode ConfigNode::section(std::string_view key) {
  if (Impl::Recorded* recorded = impl_->find_recorded(key)) {
    if (const auto* child = std::get_if<Impl::Child>(recorded)) return ConfigNode(*child);
  }
  const ConfigTree* found = impl_->tree.find(key);
  const Impl::Child child =
      impl_->make_child(impl_->path_of(key), found == nullptr ? ConfigTree{} : *found);
  impl_->record(key, child);
  return ConfigNode(child);
}

std::vector<ConfigNode> ConfigNode::section_list(std::string_view key) {
  std::vector<Impl::Child> children;
  if (const ConfigTree* found = impl_->tree.find(key)) {
    const std::string full_path = impl_->path_of(key);
    if (found->kind != ConfigTree::Kind::kList) {
      impl_->fail_type(full_path, "a list of sections ([] for none)", *found);
    }
    for (size_t i = 0; i < found->items.size(); ++i) {
      children.push_back(impl_->make_child(fmt::format("{}[{}]", full_path, i), found->items[i]));
    }
  }
  impl_->record(key, children);
  std::vector<ConfigNode> nodes;
  for (const Impl::Child& child : children) nodes.push_back(ConfigNode(child));
  return nodes;
}

// ------------------------------------------------------------------------------------------------
// Errors and the resolved recipe
// ------------------------------------------------------------------------------------------------

void ConfigNode::fail(std::string_view key, std::string_view message) const {
  const ConfigTree* found = key.empty() ? &impl_->tree : impl_->tree.find(key);
  const bool is_default = found == nullptr && impl_->find_recorded(key) != nullptr;
  impl_->fail_at(impl_->path_of(key), message,
                 found != nullptr ? found->origin : (is_default ? "the default" : ""));
}

void ConfigNode::finish() const {
  std::vector<std::string> known;
  for (const auto& [key, recorded] : impl_->read_entries) known.push_back(key);
  for (const auto& [key, value] : impl_->tree.members) {
    if (impl_->find_recorded(key) != nullptr) continue;
    const std::string nearest = nearest_name(key, known);
    std::string advice = fmt::format("known keys: {}", fmt::join(known, ", "));
    if (known.empty()) advice = "no keys are known here";
    if (!nearest.empty()) advice = fmt::format("did you mean '{}'?", nearest);
    impl_->fail_at(impl_->path_of(one_line(key)), "unknown key; " + advice, value.origin);
  }
}

std::string ConfigNode::resolved_yaml() const {
  std::string text;
  for (const std::string& base : impl_->bases)
    text += fmt::format("# built on {}\n", one_line(base));
  return text + to_yaml(impl_->resolved());
}

std::string ConfigNode::where() const {
  return impl_->path.empty() ? impl_->source : fmt::format("{}: {}", impl_->source, impl_->path);
}

}  // namespace retrace::core
