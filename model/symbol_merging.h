// The inner loop of byte-pair encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/merge_table.h"

namespace retrace::model {

// Merges the adjacent pair of lowest rank, the leftmost among equals, until no pair merges. The
// result is the first so many symbols of `symbols`; returns their number. O(n log n); `steps` grows
// by the pairs looked up.
size_t merge_symbols(const MergeTable& merges, std::span<int32_t> symbols, int64_t& steps);

}  // namespace retrace::model
