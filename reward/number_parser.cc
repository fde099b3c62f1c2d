#include "reward/number_parser.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

struct Unit {
  std::string_view name;
  Dimension dimension;
  double factor;
};

constexpr double kKmh = 1 / 3.6;
constexpr std::array kUnits = {Unit{"mm", Dimension::kLength, 1e-3},
                               Unit{"millimeters", Dimension::kLength, 1e-3},
                               Unit{"cm", Dimension::kLength, 1e-2},
                               Unit{"centimeters", Dimension::kLength, 1e-2},
                               Unit{"m", Dimension::kLength, 1},
                               Unit{"meter", Dimension::kLength, 1},
                               Unit{"meters", Dimension::kLength, 1},
                               Unit{"metre", Dimension::kLength, 1},
                               Unit{"metres", Dimension::kLength, 1},
                               Unit{"km", Dimension::kLength, 1e3},
                               Unit{"kilometers", Dimension::kLength, 1e3},
                               Unit{"in", Dimension::kLength, 0.0254},
                               Unit{"inches", Dimension::kLength, 0.0254},
                               Unit{"ft", Dimension::kLength, 0.3048},
                               Unit{"feet", Dimension::kLength, 0.3048},
                               Unit{"mi", Dimension::kLength, 1609.344},
                               Unit{"miles", Dimension::kLength, 1609.344},
                               Unit{"ms", Dimension::kTime, 1e-3},
                               Unit{"s", Dimension::kTime, 1},
                               Unit{"sec", Dimension::kTime, 1},
                               Unit{"second", Dimension::kTime, 1},
                               Unit{"seconds", Dimension::kTime, 1},
                               Unit{"min", Dimension::kTime, 60},
                               Unit{"minute", Dimension::kTime, 60},
                               Unit{"minutes", Dimension::kTime, 60},
                               Unit{"h", Dimension::kTime, 3600},
                               Unit{"hour", Dimension::kTime, 3600},
                               Unit{"hours", Dimension::kTime, 3600},
                               Unit{"m/s", Dimension::kSpeed, 1},
                               Unit{"meters per second", Dimension::kSpeed, 1},
                               Unit{"km/h", Dimension::kSpeed, kKmh},
                               Unit{"kmh", Dimension::kSpeed, kKmh},
                               Unit{"kph", Dimension::kSpeed, kKmh},
                               Unit{"kilometers per hour", Dimension::kSpeed, kKmh},
                               Unit{"mph", Dimension::kSpeed, 0.44704},
                               Unit{"deg", Dimension::kAngle, 1},
                               Unit{"degree", Dimension::kAngle, 1},
                               Unit{"degrees", Dimension::kAngle, 1},
                               Unit{"\xC2\xB0", Dimension::kAngle, 1},
                               Unit{"rad", Dimension::kAngle, 180 / M_PI},
                               Unit{"radians", Dimension::kAngle, 180 / M_PI}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool starts_number(std::string_view text) {
  if (text.empty()) return false;
  return is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1]));
}

std::string lower_case(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

}  // namespace

std::optional<double> take_number(std::string_view& text) {
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const std::string_view unsigned_text = text.substr(has_sign ? 1 : 0);
  if (!starts_number(unsigned_text)) return std::nullopt;
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(unsigned_text.data(), end, value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  if (text[0] == '-') value = -value;
  text = {rest, static_cast<size_t>(end - rest)};
  return value;
}

std::optional<double> last_number(std::string_view text) {
  std::optional<double> last;
  while (!text.empty()) {
    if (starts_number(text)) {
      if (const std::optional<double> value = take_number(text)) {
        last = value;
        continue;
      }
      while (!text.empty() && is_digit(text[0])) text.remove_prefix(1);  // too large: skip it whole
      if (text.empty()) break;
    }
    text.remove_prefix(1);
  }
  return last;
}

std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trim(text);
  const std::optional<double> number = take_number(text);
  if (!number) return std::nullopt;
  text = trim(text);
  if (text.ends_with('.')) text = trim(text.substr(0, text.size() - 1));
  if (text.empty()) return Quantity{*number, Dimension::kNone, 1};
  constexpr size_t kLongestUnit = 32;
  if (text.size() > kLongestUnit) return std::nullopt;
  const std::string name = lower_case(text);
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    const double value = *number * unit.factor;
    if (!std::isfinite(value)) return std::nullopt;
    return Quantity{value, unit.dimension, unit.factor};
  }
  return std::nullopt;
}

}  // namespace retrace::reward
