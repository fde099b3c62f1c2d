// Values of a recipe's keys to and from ConfigTree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config_scalar.h"
#include "core/config_tree.h"

namespace retrace::core {

ConfigTree to_tree(bool value);
ConfigTree to_tree(int64_t value);
ConfigTree to_tree(uint64_t value);
ConfigTree to_tree(double value);  // not NaN: no recipe could write it
ConfigTree to_tree(const std::string& value);

template <class T>
ConfigTree to_tree(const std::vector<T>& values) {
  ConfigTree tree;
  tree.kind = ConfigTree::Kind::kList;
  for (const T& value : values) tree.items.push_back(to_tree(value));
  return tree;
}

// What error messages call a type, and how its text is read.
template <class T>
struct ScalarType;

template <>
struct ScalarType<bool> {
  static constexpr std::string_view kName = "true or false";
  static constexpr auto kParse = parse_bool;
};
template <>
struct ScalarType<int64_t> {
  static constexpr std::string_view kName = "an integer";
  static constexpr auto kParse = parse_int64;
};
template <>
struct ScalarType<uint64_t> {
  static constexpr std::string_view kName = "an integer of at least 0";
  static constexpr auto kParse = parse_uint64;
};
template <>
struct ScalarType<double> {
  static constexpr std::string_view kName = "a number";
  static constexpr auto kParse = parse_double;
};
template <>
struct ScalarType<std::string> {
  static constexpr std::string_view kName = "text";
};

// nullopt unless the tree is one value of the type. Quoted values are text and nothing else.
template <class T>
std::optional<T> parse_scalar(const ConfigTree& tree) {
  if (tree.kind != ConfigTree::Kind::kScalar || tree.is_quoted) return std::nullopt;
  return ScalarType<T>::kParse(tree.scalar);
}

template <>
inline std::optional<std::string> parse_scalar(const ConfigTree& tree) {
  if (tree.kind != ConfigTree::Kind::kScalar) return std::nullopt;
  return tree.scalar;
}

}  // namespace retrace::core
