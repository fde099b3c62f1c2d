// How much two sets have in common.
#pragma once

#include <cstddef>

namespace retrace::data {

// Jaccard index |a and b| / |a or b|; 0 for two empty sets. `Set` is in ascending order: std::set
// or a sorted vector, in which what occurs n times counts n times.
template <class Set>
double jaccard(const Set& a, const Set& b) {
  size_t num_common = 0;
  auto of_a = a.begin(), of_b = b.begin();
  while (of_a != a.end() && of_b != b.end()) {
    if (*of_a < *of_b) {
      ++of_a;
    } else if (*of_b < *of_a) {
      ++of_b;
    } else {
      ++num_common, ++of_a, ++of_b;
    }
  }
  const size_t num_all = a.size() + b.size() - num_common;
  return num_all == 0 ? 0 : static_cast<double>(num_common) / static_cast<double>(num_all);
}

}  // namespace retrace::data
