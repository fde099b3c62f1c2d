#include "core/json_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace retrace::core {
namespace {

using Json = nlohmann::ordered_json;

// The reason why the line could not be used.
std::optional<std::string> use_line(
    int64_t number, std::string_view line,
    const std::function<void(int64_t, const nlohmann::ordered_json&)>& use) {
  try {
    const Json json = Json::parse(line);
    if (!json.is_object()) throw std::invalid_argument("expected a JSON object");
    use(number, json);
  } catch (const std::exception& error) {
    return error.what();
  }
  return std::nullopt;
}

}  // namespace

void for_each_json_line(std::string_view text,
                        const std::function<void(int64_t, const nlohmann::ordered_json&)>& use,
                        const std::function<void(int64_t, const std::string&)>& failed) {
  for (int64_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty()) continue;
    // Outside the handler, so that what `failed` throws leaves as it is.
    if (const auto reason = use_line(number, line, use)) failed(number, *reason);
  }
}

}  // namespace retrace::core
