#include "reward/clock_reward.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "reward/answer_parser.h"
#include "reward/plain_text.h"

namespace retrace::reward {
namespace {

constexpr std::array<std::string_view, 12> kHourWords = {"one",  "two", "three",  "four",
                                                         "five", "six", "seven",  "eight",
                                                         "nine", "ten", "eleven", "twelve"};
constexpr std::array<std::string_view, 12> kHourDigits = {"1", "2", "3", "4",  "5",  "6",
                                                          "7", "8", "9", "10", "11", "12"};

}  // namespace

ClockOptions read_clock_options(core::ConfigNode& node) {
  ClockOptions options;
  node.read_choice("measure", options.measure,
                   {{"exact", ClockMeasure::kExact}, {"circular", ClockMeasure::kCircular}});
  return options;
}

std::optional<int> parse_clock_hour(std::string_view text) {
  text = trim(text);
  if (text.starts_with('-')) return std::nullopt;  // no word, but not an hour either
  const std::vector<std::string> said = words(text, 4);
  const bool has_oclock = (said.size() == 2 && said[1] == "oclock") ||
                          (said.size() == 3 && said[1] == "o" && said[2] == "clock") ||
                          (said.size() == 2 && said[1] ==
                                                   "o\xE2\x80\x99"
                                                   "clock");  // typographic apostrophe
  if (said.size() != 1 && !has_oclock) return std::nullopt;
  for (size_t i = 0; i < kHourDigits.size(); ++i) {
    if (said[0] == kHourDigits[i] || said[0] == kHourWords[i]) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

int clock_distance(int first_hour, int second_hour) {
  const int apart = std::abs(first_hour - second_hour) % 12;
  return std::min(apart, 12 - apart);
}

std::optional<double> ClockReward::score(const RewardInput& input) const {
  const std::optional<int> right = parse_clock_hour(input.sample.answer);
  if (!right) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  if (!parsed || input.truncated) return 0.0;
  const std::optional<int> hour = parse_clock_hour(parsed->answer);
  if (!hour) return 0.0;
  const int distance = clock_distance(*hour, *right);
  if (options_.measure == ClockMeasure::kExact) return distance == 0 ? 1.0 : 0.0;
  return 1.0 - distance / 6.0;
}

std::string ClockReward::why_unfit(const data::Sample& sample) const {
  return parse_clock_hour(sample.answer) ? "" : "its answer must be an hour from 1 to 12";
}

}  // namespace retrace::reward
