// Numbers and bools as recipes write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace retrace::core {

// nullopt unless the whole text is one value of the type and in its range. Integers are decimal
// without a leading zero (YAML 1.1 readers would take it for octal). Doubles are decimal, integers,
// or .inf with a sign; never NaN.
std::optional<bool> parse_bool(std::string_view text);
std::optional<int64_t> parse_int64(std::string_view text);
std::optional<uint64_t> parse_uint64(std::string_view text);
std::optional<double> parse_double(std::string_view text);

// The shortest text that parse_double turns into the same bits, with a point: every YAML reader
// takes it for a floating-point number.
std::string format_double(double value);

}  // namespace retrace::core
