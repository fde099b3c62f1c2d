#include "data/pair_index.h"

#include "data/option_text.h"

namespace retrace::data {

std::string video_name_of(const Sample& sample) {
  return sample.videos.empty() ? "" : sample.videos.front().filename().string();
}

std::optional<size_t> right_index(const Sample& sample) {
  if (sample.answer.size() != 1 || sample.answer.front() < 'A') return std::nullopt;
  const auto index = static_cast<size_t>(sample.answer.front() - 'A');
  return index < sample.options.size() ? std::optional(index) : std::nullopt;
}

std::string right_option(const Sample& sample) {
  const std::optional<size_t> index = right_index(sample);
  return index ? sample.options[*index] : "";
}

std::map<PairKey, RoutePair> pair_index(std::span<const Sample> samples) {
  std::map<PairKey, RoutePair> pairs;
  for (size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (sample.videos.empty() || sample.task == Task::kUnknown) continue;
    if (sample.direction == TravelDirection::kUnknown) continue;
    RoutePair& pair = pairs[{sample.videos.front().string(), sample.task}];
    (sample.direction == TravelDirection::kForward ? pair.forward : pair.reverse).push_back(i);
  }
  return pairs;
}

void fill_opposites(std::vector<Sample>& samples) {
  const auto annotation = [&](size_t i) {
    return samples[i].options.empty() ? samples[i].answer : right_option(samples[i]);
  };
  for (const auto& [key, pair] : pair_index(samples)) {
    if (pair.forward.size() != 1 || pair.reverse.size() != 1) continue;
    const size_t forward = pair.forward.front(), reverse = pair.reverse.front();
    if (samples[forward].opposite.empty()) samples[forward].opposite = annotation(reverse);
    if (samples[reverse].opposite.empty()) samples[reverse].opposite = annotation(forward);
  }
}

}  // namespace retrace::data
