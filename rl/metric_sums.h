// Named values of a step that are summed over micro-batches and ranks before they become metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "distributed/communicator.h"

namespace retrace::rl {

class MetricSums {
 public:
  void add(const std::string& name, double value) { sums_[name] += value; }
  void raise(const std::string& name, double value);  // keeps the largest
  // Over all ranks; every rank must hold the same names.
  void reduce(distributed::Communicator& communicator);
  double sum(const std::string& name) const;
  double largest(const std::string& name) const;
  // sum(numerator) / sum(denominator), 0 when the denominator is 0.
  double ratio(const std::string& numerator, const std::string& denominator) const;
  // The same, but NaN when the denominator is 0: a mean of nothing is missing, not 0.
  double mean(const std::string& sum_name, const std::string& count_name) const;

 private:
  std::map<std::string, double> sums_, largest_;
};

}  // namespace retrace::rl
