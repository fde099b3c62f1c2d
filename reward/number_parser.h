// Numbers and units in answers. All functions are linear in their text and never give a number that
// is not finite: "inf", "nan" and "1e999" are no numbers.
#pragma once

#include <optional>
#include <string_view>

namespace retrace::reward {

// Reads a decimal number ("-2", ".5", "1.5e3") at the start of `text` and moves `text` behind it;
// nullopt, and `text` as it was, if there is none.
std::optional<double> take_number(std::string_view& text);

// The last number anywhere in a text, without a sign.
std::optional<double> last_number(std::string_view text);

enum class Dimension { kNone, kLength, kTime, kSpeed, kAngle };

struct Quantity {
  double value = 0;  // in metres, seconds, metres a second or degrees; as written without a unit
  Dimension dimension = Dimension::kNone;  // kNone: no unit was written
  double factor = 1;                       // value = written number * factor
};

// One number, then at most one unit, then at most one period: "3.5 m", "12 km/h", "4". nullopt for
// anything else, several numbers and words around the number included. Units: mm cm m km in ft mi,
// ms s min h, m/s km/h mph, degrees radians, and their English names.
std::optional<Quantity> parse_quantity(std::string_view text);

}  // namespace retrace::reward
