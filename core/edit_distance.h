// "Did you mean": the nearest of some names to a mistyped one.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace retrace::core {

// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other
// (optimal string alignment).
size_t edit_distance(std::string_view left, std::string_view right);

// The candidate with the smallest distance to `name`, the first of equals; empty if none is near:
// more than a third of the longer text would have to change.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace retrace::core
