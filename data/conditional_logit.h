// Conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974):
// P(option i of a question) = exp(w . x_i) / sum_j exp(w . x_j).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace retrace::data {

struct ChoiceSet {
  std::vector<std::vector<double>> options;  // [num_options][num_features]
  size_t answer = 0;
};

// The weights that maximise sum log P(answer) - l2 / 2 |w|^2: Newton steps from zero, halved while
// they do not improve. The optimum is unique for l2 > 0. All options have as many features.
std::vector<double> fit_conditional_logit(std::span<const ChoiceSet> sets, double l2);

// The first option of the highest score.
size_t predict_choice(std::span<const double> weights,
                      std::span<const std::vector<double>> options);

}  // namespace retrace::data
