// Text with one JSON object a line ("JSON Lines").
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace retrace::core {

// Calls `use` with the number (from 1) and the object of each line that is not empty, in order.
// What the parser or `use` throws goes to `failed` with the line's number and the reason, and so
// does a line that is no object; `failed` throws, or returns to have the next line read.
void for_each_json_line(std::string_view text,
                        const std::function<void(int64_t, const nlohmann::ordered_json&)>& use,
                        const std::function<void(int64_t, const std::string&)>& failed);

}  // namespace retrace::core
