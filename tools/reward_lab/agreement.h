// How two scorings of the same group agree.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace retrace::reward_lab {

// -1, 0, 1: the sign of each advantage (rl/advantage.h); 0 also for what is rounding alone.
std::vector<int> advantage_signs(const std::vector<double>& values);

// Kendall's tau-b: (concordant - discordant) / sqrt(pairs untied in a x pairs untied in b). Missing
// if all values of a or of b are tied. Kendall, "The treatment of ties in ranking problems", 1945.
std::optional<double> kendall_tau(const std::vector<double>& a, const std::vector<double>& b);

// Spearman's rho: the correlation of ranks, ties at their mean rank. Missing if a or b is tied.
std::optional<double> spearman_rho(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace retrace::reward_lab
