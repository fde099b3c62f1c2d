#include "tools/reward_lab/agreement.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rl/advantage.h"

namespace retrace::reward_lab {
namespace {

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) /
         static_cast<double>(std::max<size_t>(values.size(), 1));
}

int sign(double value) {
  return value > 0 ? 1 : (value < 0 ? -1 : 0);
}

double spread_of(const std::vector<double>& values) {
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(std::max<size_t>(values.size(), 1)));
}

// 1 is the rank of the smallest; ties share their mean.
std::vector<double> mean_ranks(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const double value : values) {
    double below = 0, equal = 0;
    for (const double other : values) {
      below += other < value ? 1 : 0;
      equal += other == value ? 1 : 0;
    }
    ranks.push_back(below + (equal + 1) / 2);
  }
  return ranks;
}

}  // namespace

std::vector<int> advantage_signs(const std::vector<double>& values) {
  const std::vector<std::optional<double>> rewards(values.begin(), values.end());
  const rl::GroupAdvantage group =
      rl::group_advantage(rewards, {.scale = rl::AdvantageScale::kNone});
  double largest = 1;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  std::vector<int> signs;
  for (const double advantage : group.advantages)
    signs.push_back(group.dead || std::abs(advantage) <= 1e-12 * largest ? 0 : sign(advantage));
  return signs;
}

std::optional<double> kendall_tau(const std::vector<double>& a, const std::vector<double>& b) {
  double balance = 0, untied_a = 0, untied_b = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = i + 1; j < a.size(); ++j) {
      const int in_a = sign(a[i] - a[j]), in_b = sign(b[i] - b[j]);
      balance += in_a * in_b;
      untied_a += in_a != 0 ? 1 : 0;
      untied_b += in_b != 0 ? 1 : 0;
    }
  }
  if (untied_a == 0 || untied_b == 0) return std::nullopt;
  return balance / std::sqrt(untied_a * untied_b);
}

std::optional<double> spearman_rho(const std::vector<double>& a, const std::vector<double>& b) {
  const std::vector<double> of_a = mean_ranks(a), of_b = mean_ranks(b);
  const double spread_a = spread_of(of_a), spread_b = spread_of(of_b);
  if (spread_a == 0 || spread_b == 0) return std::nullopt;
  const double centre_a = mean(of_a), centre_b = mean(of_b);
  double product = 0;
  for (size_t i = 0; i < of_a.size(); ++i) product += (of_a[i] - centre_a) * (of_b[i] - centre_b);
  return product / static_cast<double>(of_a.size()) / (spread_a * spread_b);
}

}  // namespace retrace::reward_lab
