// What reward_lab writes: Markdown tables, the same with plots as one HTML page, and JSON.
#pragma once

#include <string>

#include "tools/reward_lab/lab.h"

namespace retrace::reward_lab {

std::string lab_markdown(const LabResults& results);
std::string lab_html(const LabResults& results);
std::string lab_json(const LabResults& results);

// Shares of the values in `num_bins` equal bins over [low, high]; the last bin holds `high` too.
std::vector<double> histogram(const std::vector<double>& values, double low, double high,
                              size_t num_bins);

struct Spread {
  double mean = 0, std = 0, min = 0, max = 0;  // std: n - 1
};
std::optional<Spread> spread_of(const std::vector<double>& values);

}  // namespace retrace::reward_lab
