// The content of a recipe as a plain tree: what config_node.cc makes of YAML, and what the resolved
// recipe is written from.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retrace::core {

struct ConfigTree {
  enum class Kind { kNull, kScalar, kList, kMap };
  using Member = std::pair<std::string, ConfigTree>;

  Kind kind = Kind::kNull;
  std::string scalar;      // kScalar: the text without quotes
  bool is_quoted = false;  // kScalar: quoted in the source, so it is text whatever it looks like
  std::vector<ConfigTree> items;  // kList
  std::vector<Member> members;    // kMap, in source order, keys unique
  std::string origin;             // "line 12", "override 'a.b=1'"; empty for defaults

  // In the source file: a pair of an incomplete type may be named here, but not copied or
  // destroyed.
  ConfigTree();
  ConfigTree(const ConfigTree&);
  ConfigTree(ConfigTree&&) noexcept;
  ConfigTree& operator=(const ConfigTree&);
  ConfigTree& operator=(ConfigTree&&) noexcept;
  ~ConfigTree();

  static ConfigTree plain(std::string text);
  static ConfigTree quoted(std::string text);

  const ConfigTree* find(std::string_view key) const;
  ConfigTree* find(std::string_view key);
};

// Text of the user as messages show it: on one line, and cut if it is long.
std::string one_line(std::string_view text);

// What a person would call the value, in one line: "'abc'", "3", "a list of 2", "a section",
// "nothing".
std::string describe(const ConfigTree& tree);

// Block-style YAML that parses to the same tree. The root must be a map.
std::string to_yaml(const ConfigTree& root);

}  // namespace retrace::core
