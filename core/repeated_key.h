// Keys that stand twice in one JSON object: parsers keep one of the two values, which one differs,
// and say nothing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace retrace::core {

// A callback for Json::parse: afterwards `repeated` is the first key that stands twice in the
// outermost object, or as it was. `repeated` must outlive the parsing.
nlohmann::ordered_json::parser_callback_t find_repeated_key(std::optional<std::string>& repeated);

}  // namespace retrace::core
