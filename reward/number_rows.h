// Lists of numbers in answers: boxes, points, frame numbers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace retrace::reward {

using NumberRow = std::vector<double>;

// "1, 2", "[1, 2]", "(1, 2)" are one row; "[[1, 2], [3]]", "[(1, 2), (3)]", "(1, 2), (3)" are
// several; "[]" is none. nullopt for anything else: words, open or crossed brackets, missing or
// doubled commas, deeper nesting, and more than kMaxNumbers numbers. Linear in the text.
std::optional<std::vector<NumberRow>> parse_number_rows(std::string_view text);

inline constexpr size_t kMaxNumbers = 1024;

}  // namespace retrace::reward
