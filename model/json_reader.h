// JSON of a checkpoint folder, read with errors that name the file, the key, what was expected and
// what was found. Private to model/: public headers never include it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::model {

// The file's text. Throws CheckpointError.
std::string read_checkpoint_text(const std::filesystem::path& file);

// Throws CheckpointError "<where>: not valid JSON: ...".
nlohmann::json parse_json(std::string_view text, const std::string& where);

// A short one-line rendering of a value for error messages.
std::string describe_json(const nlohmann::json& value);

// A view of one JSON object; `value` must outlive it. A key whose value is null counts as absent.
class JsonObject {
 public:
  // `file` and `path` ("text_config." or empty) go into messages. Throws CheckpointError if `value`
  // is no object.
  JsonObject(const nlohmann::json& value, std::string file, std::string path = "");

  bool has(std::string_view key) const { return find(key) != nullptr; }
  const nlohmann::json* find(std::string_view key) const;  // nullptr if absent or null
  const nlohmann::json& at(std::string_view key) const;    // throws if absent
  JsonObject object(std::string_view key) const;

  // Throw if the value is absent, has another type, or lies outside [low, high].
  int64_t integer(std::string_view key, int64_t low, int64_t high) const;
  double number(std::string_view key, double low, double high) const;
  bool boolean(std::string_view key) const;
  std::string string(std::string_view key) const;
  std::vector<int64_t> integers(std::string_view key, int64_t low, int64_t high) const;

  // As above, but `fallback` if the value is absent.
  int64_t integer_or(std::string_view key, int64_t fallback, int64_t low, int64_t high) const;
  double number_or(std::string_view key, double fallback, double low, double high) const;
  bool boolean_or(std::string_view key, bool fallback) const;
  std::string string_or(std::string_view key, std::string_view fallback) const;

  // Throws unless the value is `supported` or absent.
  void require_string(std::string_view key, std::string_view supported) const;

  // Throws CheckpointError "<file>: key '<path><key>': expected <expected>, found <value>".
  [[noreturn]] void fail(std::string_view key, std::string_view expected) const;

  const std::string& file() const { return file_; }
  const nlohmann::json& value() const { return *value_; }

 private:
  const nlohmann::json* value_;
  std::string file_;
  std::string path_;
};

}  // namespace retrace::model
