// The best pairing of two sets.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace retrace::reward {

// gain[i][j] of pairing row i with column j, all rows of one length, entries finite and >= 0.
// Returns for each row its column, or nullopt: each column at most once, largest total gain.
// Hungarian method with potentials (Kuhn 1955, in the form of Jonker & Volgenant 1987):
// O(rows^2 x columns).
std::vector<std::optional<size_t>> best_assignment(const std::vector<std::vector<double>>& gain);

// The same by taking the largest remaining gain again and again; ties go to the smaller row, then
// the smaller column.
std::vector<std::optional<size_t>> greedy_assignment(const std::vector<std::vector<double>>& gain);

}  // namespace retrace::reward
