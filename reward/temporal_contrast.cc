#include "reward/temporal_contrast.h"

#include <algorithm>
#include <cmath>

namespace retrace::reward {
namespace {

std::optional<double> mean_of_known(std::span<const std::optional<double>> values) {
  double sum = 0;
  int64_t known = 0;
  for (const std::optional<double>& value : values) {
    if (!value) continue;
    sum += *value;
    ++known;
  }
  return known > 0 ? std::optional(sum / static_cast<double>(known)) : std::nullopt;
}

}  // namespace

TemporalContrastOptions read_temporal_contrast_options(core::ConfigNode& node) {
  TemporalContrastOptions options;
  node.read("accuracy", options.accuracy);
  node.read("correct_above", options.correct_above);
  node.read("ratio", options.ratio);
  node.read("strict", options.strict);
  node.read("num_shuffled", options.num_shuffled);
  node.require(std::isfinite(options.correct_above), "correct_above", "must be a finite number",
               options.correct_above);
  node.require(options.ratio >= 0 && std::isfinite(options.ratio), "ratio", "must be 0 or more",
               options.ratio);
  node.require(options.num_shuffled >= 0 && options.num_shuffled <= 1024, "num_shuffled",
               "must be in [0, 1024], 0 is half a group", options.num_shuffled);
  return options;
}

int64_t TemporalContrast::num_shuffled(int64_t group_size) const {
  return options_.num_shuffled > 0 ? options_.num_shuffled : std::max<int64_t>(1, group_size / 2);
}

std::vector<std::optional<double>> TemporalContrast::score(const GroupInput& input) const {
  std::vector<std::optional<double>> bonuses(input.completions.size());
  const std::optional<double> ordered = mean_of_known(input.accuracy);
  const std::optional<double> shuffled = mean_of_known(input.shuffled_accuracy);
  const bool has_contrast = !input.shuffled_accuracy.empty();
  const bool has_video =
      !input.completions.empty() && !input.completions.front().sample.videos.empty();
  if (has_video && !has_contrast) return bonuses;
  if (has_contrast && (!ordered || !shuffled)) return bonuses;
  bool is_paid = false;
  if (has_contrast) {
    const double bar = options_.ratio * *shuffled;
    is_paid = options_.strict ? *ordered > bar : *ordered >= bar;
  }
  for (size_t i = 0; i < bonuses.size(); ++i) {
    if (!input.accuracy[i]) continue;
    bonuses[i] = is_paid && *input.accuracy[i] > options_.correct_above ? 1.0 : 0.0;
  }
  return bonuses;
}

}  // namespace retrace::reward
