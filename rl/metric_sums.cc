#include "rl/metric_sums.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace retrace::rl {

void MetricSums::raise(const std::string& name, double value) {
  const auto [entry, is_new] = largest_.emplace(name, value);
  if (!is_new) entry->second = std::max(entry->second, value);
}

void MetricSums::reduce(distributed::Communicator& communicator) {
  const int ranks = communicator.size();
  const auto num_sums = static_cast<int64_t>(sums_.size());
  const auto num_largest = static_cast<int64_t>(largest_.size());
  at::Tensor sums = at::zeros({num_sums}, at::kDouble);
  at::Tensor by_rank =
      at::zeros({ranks, num_largest}, at::kDouble);  // each rank fills its row, so a sum gathers
  int64_t i = 0;
  for (const auto& [name, value] : sums_) sums[i++] = value;
  i = 0;
  for (const auto& [name, value] : largest_) by_rank[communicator.rank()][i++] = value;
  if (num_sums > 0) communicator.all_reduce_sum(sums, "metrics");
  if (num_largest > 0) communicator.all_reduce_sum(by_rank, "metrics");
  i = 0;
  for (auto& [name, value] : sums_) value = sums[i++].item<double>();
  i = 0;
  for (auto& [name, value] : largest_) value = by_rank.select(1, i++).max().item<double>();
}

double MetricSums::sum(const std::string& name) const {
  const auto found = sums_.find(name);
  RETRACE_CHECK(found != sums_.end(), "no sum named {}", name);
  return found->second;
}

double MetricSums::largest(const std::string& name) const {
  const auto found = largest_.find(name);
  RETRACE_CHECK(found != largest_.end(), "no largest value named {}", name);
  return found->second;
}

double MetricSums::ratio(const std::string& numerator, const std::string& denominator) const {
  const double divisor = sum(denominator);
  return divisor == 0 ? 0.0 : sum(numerator) / divisor;
}

double MetricSums::mean(const std::string& sum_name, const std::string& count_name) const {
  const double count = sum(count_name);
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum(sum_name) / count;
}

}  // namespace retrace::rl
