#include "core/config_scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace retrace::core {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

std::string_view without_plus(std::string_view text) {
  const bool has_plus = text.size() > 1 && text[0] == '+' && text[1] != '-';
  return has_plus ? text.substr(1) : text;
}

template <class Integer>
std::optional<Integer> parse_integer(std::string_view text) {
  text = without_plus(text);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.size() > 1 && digits[0] == '0') return std::nullopt;
  return parse_whole<Integer>(text);
}

}  // namespace

std::optional<bool> parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<int64_t> parse_int64(std::string_view text) {
  return parse_integer<int64_t>(text);
}

std::optional<uint64_t> parse_uint64(std::string_view text) {
  return parse_integer<uint64_t>(text);
}

std::optional<double> parse_double(std::string_view text) {
  text = without_plus(text);
  const bool is_negative = text.starts_with('-');
  const std::string_view magnitude = is_negative ? text.substr(1) : text;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (magnitude == ".inf") return is_negative ? -kInfinity : kInfinity;
  // from_chars would take "inf", "nan" and "infinity".
  if (magnitude.empty() || !(is_digit(magnitude[0]) || magnitude[0] == '.')) return std::nullopt;
  return parse_whole<double>(text);
}

std::string format_double(double value) {
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  std::string text = fmt::format("{}", value);
  if (text.find('.') != std::string::npos) return text;
  const size_t exponent = text.find('e');
  text.insert(exponent == std::string::npos ? text.size() : exponent, ".0");
  return text;
}

}  // namespace retrace::core
