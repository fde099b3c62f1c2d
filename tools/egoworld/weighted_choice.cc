#include "tools/egoworld/weighted_choice.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/error.h"

namespace retrace::egoworld {
namespace {

NamedWeight parse_entry(std::string_view entry, std::string_view option) {
  const size_t colon = entry.find(':');
  NamedWeight result{std::string(entry.substr(0, colon))};
  if (result.name.empty()) {
    core::throw_<core::ConfigError>("{}: expected name:weight[,name:weight...], found '{}'", option,
                                    entry);
  }
  if (colon == std::string_view::npos) return result;
  const std::string_view number = entry.substr(colon + 1);
  const auto [end, status] =
      std::from_chars(number.data(), number.data() + number.size(), result.weight);
  if (status != std::errc() || end != number.data() + number.size() ||
      !std::isfinite(result.weight) || result.weight < 0) {
    core::throw_<core::ConfigError>("{}: weight of '{}' must be a number of 0 or more, is '{}'",
                                    option, result.name, number);
  }
  return result;
}

}  // namespace

std::vector<NamedWeight> parse_named_weights(std::string_view text, std::string_view option) {
  std::vector<NamedWeight> result;
  double total = 0;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    NamedWeight entry = parse_entry(text.substr(begin, end - begin), option);
    for (const NamedWeight& earlier : result) {
      if (earlier.name == entry.name) {
        core::throw_<core::ConfigError>("{}: '{}' is given twice; give each name once", option,
                                        entry.name);
      }
    }
    total += entry.weight;
    result.push_back(std::move(entry));
    begin = end + 1;
  }
  if (total <= 0)
    core::throw_<core::ConfigError>("{}: the weights in '{}' sum to 0; one must be above 0", option,
                                    text);
  return result;
}

size_t draw_weighted(const std::vector<double>& weights, core::RandomSequence& random) {
  double total = 0;
  for (const double weight : weights) total += weight;
  RETRACE_CHECK(total > 0, "{} weights sum to {}", weights.size(), total);
  double left = random.uniform() * total;
  size_t last_possible = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last_possible = i;
    if (left < weights[i]) return i;
    left -= weights[i];
  }
  return last_possible;  // rounding at the upper end
}

}  // namespace retrace::egoworld
