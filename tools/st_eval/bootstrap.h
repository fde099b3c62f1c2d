// Confidence intervals by resampling videos: questions about one video are not independent, so
// whole videos are drawn with replacement (cluster bootstrap), and the 2.5 and 97.5 % quantiles of
// the statistics of the draws are the interval (percentile method).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/st_eval/columns.h"

namespace retrace::st_eval {

struct MeasureSum {
  double sum = 0;  // of percents
  int64_t count = 0;
};

// The judged questions of one video, by measure.
using VideoSums = std::array<MeasureSum, kNumMeasures>;
using SumsByVideo = std::map<std::string, VideoSums>;  // by the video's name

// The mean of every measure; missing where nothing was judged.
Percents mean_percents(const SumsByVideo& videos);

struct Bounds {
  double low = 0, high = 0;
};
using QuantityBounds = std::array<std::optional<Bounds>, kNumQuantities>;

struct BootstrapOptions {
  int64_t num_draws = 2000;
  uint64_t seed = 1;
};

// Missing for a quantity that the data does not give. Draws that happen to leave a column out do
// not count for quantities that need it.
QuantityBounds bootstrap(const SumsByVideo& videos, const BootstrapOptions& options);

struct PairedDifference {
  std::optional<double> difference;  // second minus first, in points
  std::optional<Bounds> bounds;
  double share_above = 0;  // of the draws in which the second is better; ties count half
};
using QuantityDifferences = std::array<PairedDifference, kNumQuantities>;

// Both results are drawn with the same videos. Throws ConfigError unless both hold the same videos.
QuantityDifferences paired_bootstrap(const SumsByVideo& first, const SumsByVideo& second,
                                     const BootstrapOptions& options);

// The q-quantile of sorted values by linear interpolation between order statistics.
double quantile(const std::vector<double>& sorted, double q);

}  // namespace retrace::st_eval
