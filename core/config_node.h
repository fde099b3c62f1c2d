// Strict YAML reader. A component reads its options struct from
// a node:
//
//   void read(core::ConfigNode& node, SamplingOptions& options) {
//     node.read("temperature", options.temperature);
//     node.require(options.temperature > 0, "temperature", "must be above 0", options.temperature);
//     node.finish();
//   }
//
// Errors are ConfigError with file, full path, the value found, what is allowed, and for an unknown
// key the nearest valid key.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retrace::core {

class ConfigNode {
 public:
  // `overrides` are `a.b.c=value` strings (the value is YAML), applied before anything is read; an
  // override whose key nobody reads is an unknown key. Throws ConfigError for a missing file, bad
  // YAML, a duplicate key, or a malformed override.
  static ConfigNode from_file(const std::filesystem::path& file,
                              std::span<const std::string> overrides = {});
  static ConfigNode from_string(std::string_view yaml, std::string source_name,
                                std::span<const std::string> overrides = {});

  // Reads `key` into `value` if present, otherwise leaves the default that `value` holds. Throws
  // ConfigError on a wrong type. Integers do not accept "1.5" or "1e3"; doubles accept integers;
  // bools are true/false only.
  void read(std::string_view key, bool& value);
  void read(std::string_view key, int64_t& value);
  void read(std::string_view key, uint64_t& value);
  void read(std::string_view key, double& value);
  void read(std::string_view key, std::string& value);
  void read(std::string_view key, std::filesystem::path& value);
  void read(std::string_view key, std::vector<std::string>& value);
  void read(std::string_view key, std::vector<int64_t>& value);
  void read(std::string_view key, std::vector<double>& value);

  // Reads one of the named values: `choices` are (name, value) pairs; the error lists the names.
  template <class Enum>
  void read_choice(std::string_view key, Enum& value,
                   std::initializer_list<std::pair<std::string_view, Enum>> choices) {
    std::vector<std::string_view> names;
    std::string_view current;
    for (const auto& [name, choice] : choices) {
      names.push_back(name);
      if (choice == value) current = name;
    }
    const size_t picked = read_choice_index(key, names, current);
    value = (choices.begin() + picked)->second;
  }

  bool has(std::string_view key) const;
  // A nested mapping; absent is an empty mapping (so that defaults are recorded). Its finish() must
  // be called too.
  ConfigNode section(std::string_view key);
  // A sequence of mappings; absent is empty.
  std::vector<ConfigNode> section_list(std::string_view key);

  // Throws ConfigError "<file>: <path>.<key>: <sentence>, is <value>" if `condition` is false.
  template <class T>
  void require(bool condition, std::string_view key, std::string_view sentence,
               const T& found) const {
    if (!condition) fail(key, fmt::format("{}, is {}", sentence, found));
  }
  [[noreturn]] void fail(std::string_view key, std::string_view message) const;

  // Throws ConfigError for the first key that nobody read, with the nearest key that was read.
  void finish() const;

  // The YAML of everything read so far, defaults included, in reading order: the resolved
  // configuration. Call it on the root.
  std::string resolved_yaml() const;

  // Where this node is: "recipe.yaml: grpo.sampling".
  std::string where() const;

 private:
  struct Impl;
  explicit ConfigNode(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  size_t read_choice_index(std::string_view key, const std::vector<std::string_view>& names,
                           std::string_view current);
  std::shared_ptr<Impl> impl_;
};

}  // namespace retrace::core
