#include "core/repeated_key.h"

#include <memory>
#include <set>

namespace retrace::core {

nlohmann::ordered_json::parser_callback_t find_repeated_key(std::optional<std::string>& repeated) {
  using Json = nlohmann::ordered_json;
  const auto seen = std::make_shared<std::set<std::string>>();
  return [&repeated, seen](int depth, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::key && depth == 1) {
      const std::string key = parsed.get<std::string>();
      if (!seen->insert(key).second && !repeated) repeated = key;
    }
    return true;
  };
}

}  // namespace retrace::core
