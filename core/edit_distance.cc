#include "core/edit_distance.h"

#include <algorithm>
#include <vector>

namespace retrace::core {

size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<size_t> before_previous(right.size() + 1), previous(right.size() + 1);
  std::vector<size_t> current(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) current[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    std::swap(before_previous, previous);
    std::swap(previous, current);
    current[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t substitution = left[i - 1] == right[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + substitution});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) current[j] = std::min(current[j], before_previous[j - 2] + 1);
    }
  }
  return current[right.size()];
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  constexpr size_t kShareOfLonger = 3;
  std::string nearest;
  size_t nearest_distance = 0;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(name, candidate);
    const bool near = distance * kShareOfLonger <= std::max(name.size(), candidate.size());
    if (near && (nearest.empty() || distance < nearest_distance)) {
      nearest = candidate;
      nearest_distance = distance;
    }
  }
  return nearest;
}

}  // namespace retrace::core
