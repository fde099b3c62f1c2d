#include "core/config_override.h"

#include <string_view>

#include "core/error.h"

namespace retrace::core {
namespace {

[[noreturn]] void fail(const std::string& text, std::string_view message) {
  throw_<ConfigError>("override '{}': {}", one_line(text), message);
}

std::vector<std::string> split_path(const std::string& text, std::string_view path) {
  std::vector<std::string> keys;
  while (true) {
    const size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    if (key.empty() || key.find_first_of(" \t\n") != std::string_view::npos) {
      fail(text, "expected section.key=value, found an empty key or a space left of the '='");
    }
    keys.emplace_back(key);
    if (dot == std::string_view::npos) return keys;
    path.remove_prefix(dot + 1);
  }
}

std::string join_path(const std::vector<std::string>& path, size_t count) {
  std::string joined = path[0];
  for (size_t i = 1; i < count; ++i) joined += "." + path[i];
  return joined;
}

}  // namespace

ConfigOverride parse_override(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) fail(text, "expected section.key=value, found no '='");
  ConfigOverride result;
  result.text = text;
  result.path = split_path(text, std::string_view(text).substr(0, equals));
  result.value_yaml = text.substr(equals + 1);
  if (result.value_yaml.find_first_not_of(" \t\n") == std::string::npos) {
    fail(text, "expected a value right of the '='; write \"\" for empty text");
  }
  return result;
}

void apply_override(const ConfigOverride& override_, ConfigTree value, ConfigTree& root) {
  ConfigTree* section = &root;
  for (size_t depth = 0; depth < override_.path.size(); ++depth) {
    if (section->kind == ConfigTree::Kind::kNull) section->kind = ConfigTree::Kind::kMap;
    if (section->kind != ConfigTree::Kind::kMap) {
      fail(override_.text, fmt::format("'{}' is not a section but {}, so it has no key '{}'",
                                       join_path(override_.path, depth), describe(*section),
                                       override_.path[depth]));
    }
    ConfigTree* child = section->find(override_.path[depth]);
    if (child == nullptr) {
      child = &section->members.emplace_back(override_.path[depth], ConfigTree{}).second;
    }
    section = child;
  }
  if (section->kind == ConfigTree::Kind::kMap) {
    fail(override_.text, fmt::format("'{}' is a section; set its keys one by one: {}.<key>=...",
                                     join_path(override_.path, override_.path.size()),
                                     join_path(override_.path, override_.path.size())));
  }
  *section = std::move(value);
}

}  // namespace retrace::core
