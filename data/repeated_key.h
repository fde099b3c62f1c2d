// Keys that stand twice in one JSON object. Parsers keep one of the two values and say nothing.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace retrace::data {

// A callback for Json::parse: afterwards `repeated` holds the first key that stands twice in the
// outermost object, or is as it was.
inline nlohmann::ordered_json::parser_callback_t find_repeated_key(std::string& repeated) {
  using Json = nlohmann::ordered_json;
  const auto seen = std::make_shared<std::set<std::string>>();
  return [&repeated, seen](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) {
      const std::string key = parsed.get<std::string>();
      if (!seen->insert(key).second && repeated.empty()) repeated = key;
    }
    return true;
  };
}

}  // namespace retrace::data
