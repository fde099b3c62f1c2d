#include "reward/frame_set_reward.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "reward/answer_parser.h"
#include "reward/number_rows.h"

namespace retrace::reward {

std::optional<std::vector<int64_t>> parse_frame_set(std::string_view text) {
  const std::optional<std::vector<NumberRow>> rows = parse_number_rows(text);
  if (!rows || rows->size() > 1) return std::nullopt;
  std::vector<int64_t> frames;
  if (rows->empty()) return frames;
  constexpr double kLargest = 1e12;
  for (const double number : rows->front()) {
    if (number < 0 || number > kLargest || std::floor(number) != number) return std::nullopt;
    frames.push_back(static_cast<int64_t>(number));
  }
  std::sort(frames.begin(), frames.end());
  if (std::adjacent_find(frames.begin(), frames.end()) != frames.end()) return std::nullopt;
  return frames;
}

double set_f1(const std::vector<int64_t>& a, const std::vector<int64_t>& b) {
  if (a.empty() && b.empty()) return 1;
  std::vector<int64_t> shared;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(shared));
  return 2.0 * static_cast<double>(shared.size()) / static_cast<double>(a.size() + b.size());
}

std::optional<double> FrameSetReward::score(const RewardInput& input) const {
  const auto right = parse_frame_set(input.sample.answer);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const auto frames = parse_frame_set(parsed->answer);
  return frames ? set_f1(*frames, *right) : 0.0;
}

std::string FrameSetReward::why_unfit(const data::Sample& sample) const {
  return parse_frame_set(sample.answer) ? "" : "its answer must be a list of frame numbers";
}

}  // namespace retrace::reward
