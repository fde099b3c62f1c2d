#include "tools/st_eval/bootstrap.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace retrace::st_eval {
namespace {

void add_to(VideoSums& total, const VideoSums& part) {
  for (size_t m = 0; m < kNumMeasures; ++m) {
    total[m].sum += part[m].sum;
    total[m].count += part[m].count;
  }
}

Percents percents_of(const VideoSums& total) {
  Percents percents;
  for (size_t m = 0; m < kNumMeasures; ++m) {
    if (total[m].count > 0) percents[m] = total[m].sum / static_cast<double>(total[m].count);
  }
  return percents;
}

std::vector<const VideoSums*> list_of(const SumsByVideo& videos) {
  std::vector<const VideoSums*> list;
  for (const auto& [video, sums] : videos) list.push_back(&sums);
  return list;
}

// The videos of draw `draw`, by their place in the map.
std::vector<size_t> draw_videos(const BootstrapOptions& options, int64_t draw, size_t num_videos) {
  core::RandomSequence random(core::RandomStream(options.seed, "bootstrap over videos")
                                  .substream(static_cast<uint64_t>(draw)));
  std::vector<size_t> drawn(num_videos);
  for (size_t& video : drawn) video = random.below(num_videos);
  return drawn;
}

Quantities quantities_of_draw(const std::vector<const VideoSums*>& videos,
                              const std::vector<size_t>& drawn) {
  VideoSums total;
  for (const size_t video : drawn) add_to(total, *videos[video]);
  return quantities_of(percents_of(total));
}

Bounds bounds_of(std::vector<double>& values) {
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.025), quantile(values, 0.975)};
}

using Draws = std::array<std::vector<double>, kNumQuantities>;

void check_same_videos(const SumsByVideo& first, const SumsByVideo& second) {
  for (const auto& [a, b] : {std::pair(&first, &second), std::pair(&second, &first)}) {
    for (const auto& [video, sums] : *a) {
      if (b->contains(video)) continue;
      core::throw_<core::ConfigError>(
          "the two results are about different videos: only one has judged answers about '{}'; a "
          "paired comparison needs the same questions: evaluate both on the same files",
          video);
    }
  }
}

}  // namespace

double quantile(const std::vector<double>& sorted, double q) {
  RETRACE_CHECK(!sorted.empty(), "a quantile of no values");
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

Percents mean_percents(const SumsByVideo& videos) {
  VideoSums total;
  for (const auto& [video, sums] : videos) add_to(total, sums);
  return percents_of(total);
}

QuantityBounds bootstrap(const SumsByVideo& videos, const BootstrapOptions& options) {
  const std::vector<const VideoSums*> list = list_of(videos);
  const Quantities known = quantities_of(mean_percents(videos));
  Draws draws;
  for (int64_t draw = 0; draw < options.num_draws && !list.empty(); ++draw) {
    const Quantities drawn = quantities_of_draw(list, draw_videos(options, draw, list.size()));
    for (size_t q = 0; q < kNumQuantities; ++q) {
      if (drawn[q]) draws[q].push_back(*drawn[q]);
    }
  }
  QuantityBounds bounds;
  for (size_t q = 0; q < kNumQuantities; ++q) {
    if (known[q] && !draws[q].empty()) bounds[q] = bounds_of(draws[q]);
  }
  return bounds;
}

QuantityDifferences paired_bootstrap(const SumsByVideo& first, const SumsByVideo& second,
                                     const BootstrapOptions& options) {
  check_same_videos(first, second);
  const std::vector<const VideoSums*> a = list_of(first), b = list_of(second);
  const Quantities known_a = quantities_of(mean_percents(first)),
                   known_b = quantities_of(mean_percents(second));
  Draws draws;
  QuantityDifferences result;
  for (int64_t draw = 0; draw < options.num_draws && !a.empty(); ++draw) {
    const std::vector<size_t> videos = draw_videos(options, draw, a.size());
    const Quantities of_a = quantities_of_draw(a, videos), of_b = quantities_of_draw(b, videos);
    for (size_t q = 0; q < kNumQuantities; ++q) {
      if (!of_a[q] || !of_b[q]) continue;
      const double difference = *of_b[q] - *of_a[q];
      draws[q].push_back(difference);
      result[q].share_above += difference > 0 ? 1.0 : difference == 0 ? 0.5 : 0.0;
    }
  }
  for (size_t q = 0; q < kNumQuantities; ++q) {
    if (!known_a[q] || !known_b[q] || draws[q].empty()) continue;
    result[q].difference = *known_b[q] - *known_a[q];
    result[q].share_above /= static_cast<double>(draws[q].size());
    result[q].bounds = bounds_of(draws[q]);
  }
  return result;
}

}  // namespace retrace::st_eval
