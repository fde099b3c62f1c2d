#include "tools/reward_lab/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tools/reward_lab/report.h"

namespace retrace::reward_lab {
namespace {

using testing::ElementsAre;

TEST(AdvantageSigns, AreThoseOfTheGroup) {
  EXPECT_THAT(advantage_signs({0, 0, 1, 1}), ElementsAre(-1, -1, 1, 1));
  EXPECT_THAT(advantage_signs({0, 1, 0.5}), ElementsAre(-1, 1, 0));
  EXPECT_THAT(advantage_signs({0.1, 0.1, 0.1}), ElementsAre(0, 0, 0));  // 3 * 0.1 / 3 != 0.1
  EXPECT_THAT(advantage_signs({}), ElementsAre());
  EXPECT_THAT(advantage_signs({3}), ElementsAre(0));
}

TEST(KendallTau, IsOneForTheSameOrderAndMinusOneForTheOpposite) {
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 3, 4}, {10, 20, 30, 40}).value(), 1);
  EXPECT_DOUBLE_EQ(kendall_tau({1, 2, 3, 4}, {4, 3, 2, 1}).value(), -1);
  EXPECT_DOUBLE_EQ(spearman_rho({1, 2, 3, 4}, {10, 20, 30, 400}).value(), 1);
  EXPECT_DOUBLE_EQ(spearman_rho({1, 2, 3, 4}, {4, 3, 2, 1}).value(), -1);
}

// The example of scipy.stats.kendalltau; rho is the correlation of the mean ranks, from numpy.
TEST(KendallTau, WithTiesIsTauB) {
  const std::vector<double> a = {12, 2, 1, 12, 2}, b = {1, 4, 7, 1, 0};
  EXPECT_NEAR(kendall_tau(a, b).value(), -0.47140452079103173, 1e-12);
  EXPECT_NEAR(spearman_rho(a, b).value(), -0.5407380704358752, 1e-12);
}

TEST(KendallTau, OfADeadGroupIsMissing) {
  EXPECT_FALSE(kendall_tau({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(kendall_tau({1, 2, 3}, {1, 1, 1}));
  EXPECT_FALSE(spearman_rho({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(kendall_tau({}, {}));
  EXPECT_FALSE(spearman_rho({}, {}));
}

TEST(Histogram, SharesAddUpAndTheLargestValueIsInTheLastBin) {
  EXPECT_THAT(histogram({0, 0, 0.5, 1}, 0, 1, 2), ElementsAre(0.5, 0.5));
  EXPECT_THAT(histogram({2, 2}, 2, 2, 3), ElementsAre(1, 0, 0));
}

TEST(SpreadOf, IsTheSampleDeviation) {
  EXPECT_FALSE(spread_of({}));
  EXPECT_DOUBLE_EQ(spread_of({5})->std, 0);
  EXPECT_DOUBLE_EQ(spread_of({1, 3})->std, std::sqrt(2.0));
}

}  // namespace
}  // namespace retrace::reward_lab
