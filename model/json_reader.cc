#include "model/json_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/config_tree.h"
#include "core/error.h"
#include "core/files.h"

namespace retrace::model {

using core::CheckpointError;
using core::throw_;
using nlohmann::json;

std::string read_checkpoint_text(const std::filesystem::path& file) {
  try {
    return core::read_text_file(file);
  } catch (const core::DataError& error) {
    throw CheckpointError(error.what());
  }
}

json parse_json(std::string_view text, const std::string& where) {
  try {
    return json::parse(text.begin(), text.end());
  } catch (const json::exception& error) {
    std::string reason = error.what();
    if (const size_t bracket = reason.find("] "); bracket != std::string::npos) {
      reason.erase(0, bracket + 2);
    }
    throw_<CheckpointError>("{}: not valid JSON: {}", where, reason);
  }
}

std::string describe_json(const json& value) {
  constexpr size_t kMaxLength = 80;
  if (value.is_object()) return fmt::format("an object with {} keys", value.size());
  // Nested values are not rendered: rendering recurses, and a hostile file nests a million deep.
  const bool is_nested =
      value.is_array() &&
      std::any_of(value.begin(), value.end(), [](auto& each) { return each.is_structured(); });
  if (value.is_array() && (value.size() > 8 || is_nested)) {
    return fmt::format("an array of {} values", value.size());
  }
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > kMaxLength) text = text.substr(0, kMaxLength) + "...";
  return text;
}

JsonObject::JsonObject(const json& value, std::string file, std::string path)
    : value_(&value), file_(std::move(file)), path_(std::move(path)) {
  if (value.is_object()) return;
  const std::string_view place = path_;
  if (place.empty()) {
    throw_<CheckpointError>("{}: expected a JSON object, found {}", file_, describe_json(value));
  }
  throw_<CheckpointError>("{}: key '{}': expected an object, found {}", file_,
                          place.substr(0, place.size() - 1), describe_json(value));
}

const json* JsonObject::find(std::string_view key) const {
  const auto it = value_->find(key);
  return it == value_->end() || it->is_null() ? nullptr : &*it;
}

const json& JsonObject::at(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr) fail(key, "a value");
  return *value;
}

JsonObject JsonObject::object(std::string_view key) const {
  return JsonObject(at(key), file_, fmt::format("{}{}.", path_, key));
}

void JsonObject::fail(std::string_view key, std::string_view expected) const {
  const json* value = find(key);
  throw_<CheckpointError>("{}: key '{}{}': expected {}, found {}", file_, core::one_line(path_),
                          core::one_line(key), expected,
                          value == nullptr ? std::string("nothing") : describe_json(*value));
}

namespace {

bool is_integer_within(const json& value, int64_t low, int64_t high) {
  if (value.is_number_unsigned()) {
    const uint64_t number = value.get<uint64_t>();
    return number <= static_cast<uint64_t>(INT64_MAX) && static_cast<int64_t>(number) >= low &&
           static_cast<int64_t>(number) <= high;
  }
  return value.is_number_integer() && value.get<int64_t>() >= low && value.get<int64_t>() <= high;
}

}  // namespace

int64_t JsonObject::integer(std::string_view key, int64_t low, int64_t high) const {
  const json* value = find(key);
  if (value == nullptr || !is_integer_within(*value, low, high)) {
    fail(key, fmt::format("an integer from {} to {}", low, high));
  }
  return value->get<int64_t>();
}

double JsonObject::number(std::string_view key, double low, double high) const {
  const json* value = find(key);
  if (value == nullptr || !value->is_number() || !(value->get<double>() >= low) ||
      !(value->get<double>() <= high)) {
    fail(key, fmt::format("a number from {} to {}", low, high));
  }
  return value->get<double>();
}

bool JsonObject::boolean(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr || !value->is_boolean()) fail(key, "true or false");
  return value->get<bool>();
}

std::string JsonObject::string(std::string_view key) const {
  const json* value = find(key);
  if (value == nullptr || !value->is_string()) fail(key, "a string");
  return value->get<std::string>();
}

std::vector<int64_t> JsonObject::integers(std::string_view key, int64_t low, int64_t high) const {
  const std::string expected = fmt::format("an array of integers from {} to {}", low, high);
  const json* value = find(key);
  if (value == nullptr || !value->is_array()) fail(key, expected);
  std::vector<int64_t> numbers;
  numbers.reserve(value->size());
  for (const json& element : *value) {
    if (!is_integer_within(element, low, high)) fail(key, expected);
    numbers.push_back(element.get<int64_t>());
  }
  return numbers;
}

int64_t JsonObject::integer_or(std::string_view key, int64_t fallback, int64_t low,
                               int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double JsonObject::number_or(std::string_view key, double fallback, double low, double high) const {
  return has(key) ? number(key, low, high) : fallback;
}

bool JsonObject::boolean_or(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}

std::string JsonObject::string_or(std::string_view key, std::string_view fallback) const {
  return has(key) ? string(key) : std::string(fallback);
}

void JsonObject::require_string(std::string_view key, std::string_view supported) const {
  if (string_or(key, supported) == supported) return;
  fail(key, fmt::format("\"{}\", the only one supported", supported));
}

}  // namespace retrace::model
