#include "reward/inverse_reward.h"

#include <algorithm>

#include "reward/answer_parser.h"
#include "reward/route_events.h"

namespace retrace::reward {
namespace {

// s where events are s + inverse(s), else all of them.
Events opposite_route(const Events& events, const OptionEvents& options) {
  const auto half = static_cast<ptrdiff_t>(events.size() / 2);
  if (events.size() % 2 != 0) return events;
  const Events first(events.begin(), events.begin() + half);
  const Events second(events.begin() + half, events.end());
  return second == options.inverse(first) ? first : events;
}

}  // namespace

std::optional<double> InverseReward::score(const RewardInput& input) const {
  if (input.sample.options.empty()) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  const std::optional<char> answer = parsed ? answer_letter(parsed->answer) : std::nullopt;
  if (!answer || input.truncated) return 0.0;
  const auto chosen = static_cast<size_t>(*answer - 'A');
  if (chosen >= input.sample.options.size()) return 0.0;
  const OptionEvents events(input.sample);
  const Events thought = opposite_route(events.in_text(parsed->think), events);
  const Events& option = events.of_option(chosen);
  if (thought.empty() || option.empty()) return 0.0;
  const auto shared = static_cast<double>(lcs_length(events.inverse(thought), option));
  return 2 * shared / static_cast<double>(thought.size() + option.size());
}

std::string InverseReward::why_unfit(const data::Sample& sample) const {
  return sample.options.empty() ? "it has no options" : "";
}

}  // namespace retrace::reward
