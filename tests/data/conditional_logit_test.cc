#include "data/conditional_logit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/random.h"

namespace retrace::data {
namespace {

// One feature that is 1 in the first of two options: the weight w of the optimum solves
// n_first - n sigmoid(w) = l2 w.
TEST(ConditionalLogit, MeetsTheOptimalityConditionOfOneFeature) {
  std::vector<ChoiceSet> sets;
  for (int i = 0; i < 50; ++i) sets.push_back({{{1.0}, {0.0}}, i < 40 ? 0U : 1U});
  const double weight = fit_conditional_logit(sets, 2.0).front();
  EXPECT_NEAR(40 - 50 / (1 + std::exp(-weight)), 2.0 * weight, 1e-6);
  EXPECT_NEAR(fit_conditional_logit(sets, 1e-9).front(), std::log(40.0 / 10.0), 1e-6);
}

std::vector<ChoiceSet> drawn_sets(const std::vector<double>& truth, int num_sets) {
  core::RandomSequence random(core::RandomStream(3, "conditional_logit_test"));
  std::vector<ChoiceSet> sets;
  for (int i = 0; i < num_sets; ++i) {
    ChoiceSet& set = sets.emplace_back();
    double best = -HUGE_VAL;
    for (size_t option = 0; option < 2 + random.below(3); ++option) {
      std::vector<double> features;
      double utility = -std::log(-std::log(1 - random.uniform()));  // Gumbel
      for (const double weight : truth) {
        features.push_back(random.normal());
        utility += weight * features.back();
      }
      if (utility > best) set.answer = option;
      best = std::max(best, utility);
      set.options.push_back(features);
    }
  }
  return sets;
}

// Choices by the largest of score + Gumbel noise follow the model: a consistent estimator finds its
// weights. Fisher information is at least 0.2 a set here, so 4 standard errors are below 0.2.
TEST(ConditionalLogit, FindsTheWeightsOfTheModelThatDrewTheChoices) {
  const std::vector<double> truth = {1.0, -0.5, 0.0};
  const std::vector<double> weights = fit_conditional_logit(drawn_sets(truth, 2500), 1e-3);
  for (size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(weights[i], truth[i], 0.2) << i;
}

// Perfectly separable, a feature that is always 0 and two equal ones: the penalty keeps them
// finite.
TEST(ConditionalLogit, StaysFiniteWithoutInformation) {
  const std::vector<ChoiceSet> sets(100, ChoiceSet{{{9, 0, 1, 1}, {-9, 0, 0, 0}, {0, 0, 0, 0}}, 0});
  const std::vector<double> weights = fit_conditional_logit(sets, 1.0);
  for (const double weight : weights) EXPECT_TRUE(std::isfinite(weight));
  EXPECT_EQ(weights[1], 0);
  EXPECT_NEAR(weights[2], weights[3], 1e-9);
  EXPECT_EQ(predict_choice(weights, sets.front().options), 0U);
}

TEST(ConditionalLogit, OneOptionTeachesNothing) {
  const std::vector<ChoiceSet> sets(5, ChoiceSet{{{3.0}}, 0});
  EXPECT_EQ(fit_conditional_logit(sets, 1.0).front(), 0);
}

TEST(ConditionalLogit, TiesGoToTheFirst) {
  EXPECT_EQ(predict_choice(std::vector<double>{0.0}, std::vector<std::vector<double>>{{1}, {2}}),
            0U);
}

}  // namespace
}  // namespace retrace::data
