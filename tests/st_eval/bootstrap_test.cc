#include "tools/st_eval/bootstrap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace retrace::st_eval {
namespace {

constexpr auto kColumn = static_cast<size_t>(Measure::kDirectionForward);

// One question a video, right for the first `num_right`.
SumsByVideo one_column(int num_videos, int num_right) {
  SumsByVideo videos;
  for (int i = 0; i < num_videos; ++i)
    videos[fmt::format("{:04}", i)][kColumn] = {i < num_right ? 100.0 : 0.0, 1};
  return videos;
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4, 5}, 0.5), 3);
  EXPECT_DOUBLE_EQ(quantile({1, 2, 3, 4, 5}, 0.1), 1.4);
  EXPECT_DOUBLE_EQ(quantile({7}, 0.975), 7);
}

// The draws of a share of right answers are binomial, so the bounds are near its quantiles.
TEST(Bootstrap, OfAShareIsBinomial) {
  const QuantityBounds bounds = bootstrap(one_column(200, 60), {20000, 3});
  ASSERT_TRUE(bounds[kColumn]);
  // Quantiles of Binomial(200, 0.3) / 200: 0.025 -> 47/200, 0.975 -> 73/200. One answer is 0.5
  // points; the estimate of a quantile from 20000 draws is off by less than one of them.
  EXPECT_NEAR(bounds[kColumn]->low, 23.5, 0.5);
  EXPECT_NEAR(bounds[kColumn]->high, 36.5, 0.5);
}

// All 3^3 draws of three videos, each as likely as the others, by brute force.
TEST(Bootstrap, OfThreeVideosIsTheEnumeration) {
  SumsByVideo videos;
  videos["a"][kColumn] = {100, 1};
  videos["b"][kColumn] = {100, 4};  // one of four right
  videos["c"][kColumn] = {0, 2};
  const std::vector<MeasureSum> list = {{100, 1}, {100, 4}, {0, 2}};
  std::vector<double> all;
  for (const MeasureSum& i : list)
    for (const MeasureSum& j : list)
      for (const MeasureSum& k : list)
        all.push_back((i.sum + j.sum + k.sum) / static_cast<double>(i.count + j.count + k.count));
  std::ranges::sort(all);
  const QuantityBounds bounds = bootstrap(videos, {50000, 1});
  // Both ends are atoms of 1/27 > 2.5 %: the lowest and the highest draw.
  EXPECT_DOUBLE_EQ(bounds[kColumn]->low, all.front());
  EXPECT_DOUBLE_EQ(bounds[kColumn]->high, all.back());
}

// Ten questions a video, all alike: as wide as one question a video, not as ten times the data.
TEST(Bootstrap, DrawsVideosNotQuestions) {
  SumsByVideo copies = one_column(100, 40);
  for (auto& [video, sums] : copies) sums[kColumn] = {sums[kColumn].sum * 10, 10};
  const BootstrapOptions options{500, 5};
  const QuantityBounds one = bootstrap(one_column(100, 40), options),
                       ten = bootstrap(copies, options);
  EXPECT_DOUBLE_EQ(one[kColumn]->low, ten[kColumn]->low);
  EXPECT_DOUBLE_EQ(one[kColumn]->high, ten[kColumn]->high);
}

TEST(Bootstrap, IsMissingForWhatIsMissing) {
  const QuantityBounds bounds = bootstrap(one_column(10, 5), {100, 1});
  EXPECT_TRUE(bounds[kColumn]);
  EXPECT_FALSE(bounds[static_cast<size_t>(Measure::kActionForward)]);
  EXPECT_FALSE(bounds[kAvgStrong]);
  EXPECT_FALSE(bootstrap({}, {100, 1})[kColumn]);
}

TEST(PairedBootstrap, OfEqualResultsIsZero) {
  const SumsByVideo videos = one_column(50, 20);
  const PairedDifference same = paired_bootstrap(videos, videos, {200, 1})[kColumn];
  EXPECT_EQ(same.difference, 0.0);
  EXPECT_EQ(same.bounds->low, 0.0);
  EXPECT_EQ(same.bounds->high, 0.0);
  EXPECT_DOUBLE_EQ(same.share_above, 0.5);
}

// One more right in every tenth video: the draws of the difference are Binomial(n, 0.1) / n.
TEST(PairedBootstrap, SeesASmallGainThatUnpairedIntervalsHide) {
  SumsByVideo better = one_column(200, 100);
  int changed = 0;
  for (auto& [video, sums] : better) {
    if (sums[kColumn].sum == 0 && changed < 20) {
      sums[kColumn].sum = 100;
      ++changed;
    }
  }
  const SumsByVideo base = one_column(200, 100);
  const BootstrapOptions options{20000, 2};
  const PairedDifference gain = paired_bootstrap(base, better, options)[kColumn];
  EXPECT_DOUBLE_EQ(gain.difference.value(), 10);
  // Binomial(200, 0.1): quantiles 12 and 29 of 200.
  EXPECT_NEAR(gain.bounds->low, 6.0, 0.5);
  EXPECT_NEAR(gain.bounds->high, 14.5, 0.5);
  EXPECT_DOUBLE_EQ(gain.share_above, 1);
  EXPECT_GT(bootstrap(base, options)[kColumn]->high, bootstrap(better, options)[kColumn]->low);
}

TEST(PairedBootstrap, RefusesOtherVideos) {
  EXPECT_THROW(paired_bootstrap(one_column(5, 1), one_column(6, 1), {10, 1}), core::ConfigError);
}

}  // namespace
}  // namespace retrace::st_eval
