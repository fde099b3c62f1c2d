#include "data/conditional_logit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"

namespace retrace::data {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// log(sum_j exp(score_j)); `probability` becomes the softmax of the scores.
double softmax(const ChoiceSet& set, std::span<const double> weights,
               std::vector<double>& probability) {
  probability.clear();
  for (const std::vector<double>& option : set.options) probability.push_back(dot(weights, option));
  const double highest = *std::max_element(probability.begin(), probability.end());
  double total = 0;
  for (double& value : probability) total += value = std::exp(value - highest);
  for (double& value : probability) value /= total;
  return highest + std::log(total);
}

double objective(std::span<const ChoiceSet> sets, std::span<const double> weights, double l2) {
  double value = -0.5 * l2 * dot(weights, weights);
  std::vector<double> probability;
  for (const ChoiceSet& set : sets) {
    const double log_total = softmax(set, weights, probability);
    value += dot(weights, set.options[set.answer]) - log_total;
  }
  return value;
}

struct Derivatives {
  std::vector<double> gradient;     // [n]
  std::vector<double> neg_hessian;  // [n, n], positive definite; on and below the diagonal
};

Derivatives derivatives(std::span<const ChoiceSet> sets, std::span<const double> weights,
                        double l2) {
  const size_t n = weights.size();
  Derivatives result{std::vector<double>(n), std::vector<double>(n * n)};
  for (size_t i = 0; i < n; ++i) {
    result.gradient[i] = -l2 * weights[i];
    result.neg_hessian[i * n + i] = l2;
  }
  std::vector<double> probability, mean(n), centred(n);
  for (const ChoiceSet& set : sets) {
    softmax(set, weights, probability);
    std::fill(mean.begin(), mean.end(), 0.0);
    for (size_t option = 0; option < set.options.size(); ++option)
      for (size_t i = 0; i < n; ++i) mean[i] += probability[option] * set.options[option][i];
    for (size_t i = 0; i < n; ++i) result.gradient[i] += set.options[set.answer][i] - mean[i];
    for (size_t option = 0; option < set.options.size(); ++option) {
      for (size_t i = 0; i < n; ++i) centred[i] = set.options[option][i] - mean[i];
      for (size_t i = 0; i < n; ++i)
        for (size_t j = 0; j <= i; ++j)
          result.neg_hessian[i * n + j] += probability[option] * centred[i] * centred[j];
    }
  }
  return result;
}

// x of a x = b, for a symmetric positive definite `a` given on and below its diagonal: Cholesky.
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(sum) : sum / a[j * n + j];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

size_t checked_num_features(std::span<const ChoiceSet> sets) {
  RETRACE_CHECK(!sets.empty() && !sets.front().options.empty(), "no options to learn from");
  const size_t n = sets.front().options.front().size();
  for (const ChoiceSet& set : sets) {
    RETRACE_CHECK(set.answer < set.options.size(), "answer {} of {} options", set.answer,
                  set.options.size());
    for (const std::vector<double>& option : set.options)
      RETRACE_CHECK(option.size() == n, "{} features, expected {}", option.size(), n);
  }
  return n;
}

}  // namespace

std::vector<double> fit_conditional_logit(std::span<const ChoiceSet> sets, double l2) {
  RETRACE_CHECK(l2 > 0, "l2 must be above 0, is {}", l2);
  constexpr int kMaxSteps = 50;
  constexpr double kTolerance = 1e-10, kSmallestStep = 1e-6;
  std::vector<double> weights(checked_num_features(sets));
  double value = objective(sets, weights, l2);
  for (int step = 0; step < kMaxSteps; ++step) {
    const Derivatives now = derivatives(sets, weights, l2);
    const std::vector<double> move = solve(now.neg_hessian, now.gradient);
    if (dot(move, now.gradient) < kTolerance) {  // so near that a full step squares what is left
      for (size_t i = 0; i < weights.size(); ++i) weights[i] += move[i];
      break;
    }
    for (double size = 1; size > kSmallestStep; size /= 2) {
      std::vector<double> next = weights;
      for (size_t i = 0; i < next.size(); ++i) next[i] += size * move[i];
      const double next_value = objective(sets, next, l2);
      if (next_value <= value) continue;
      weights = std::move(next);
      value = next_value;
      break;
    }
  }
  return weights;
}

size_t predict_choice(std::span<const double> weights,
                      std::span<const std::vector<double>> options) {
  RETRACE_CHECK(!options.empty(), "no options");
  size_t best = 0;
  for (size_t i = 1; i < options.size(); ++i)
    if (dot(weights, options[i]) > dot(weights, options[best])) best = i;
  return best;
}

}  // namespace retrace::data
