#include "reward/inverse_reward.h"

#include <algorithm>

#include "reward/answer_parser.h"
#include "reward/route_events.h"

namespace retrace::reward {
namespace {

// s where stated is s + inverse(s), else nothing.
Events first_half(const Events& stated, const OptionEvents& events) {
  if (stated.size() % 2 != 0) return {};
  const auto middle = stated.begin() + static_cast<ptrdiff_t>(stated.size() / 2);
  const Events first(stated.begin(), middle), second(middle, stated.end());
  return second == events.inverse(first) ? first : Events();
}

double likeness(const Events& back, const Events& option) {
  if (back.empty() || option.empty()) return 0;
  return 2 * static_cast<double>(lcs_length(back, option)) /
         static_cast<double>(back.size() + option.size());
}

}  // namespace

std::optional<double> InverseReward::score(const RewardInput& input) const {
  if (!why_unfit(input.sample).empty()) return std::nullopt;
  const std::optional<ParsedCompletion> parsed = parse_strict(input.completion);
  const std::optional<char> answer = parsed ? answer_letter(parsed->answer) : std::nullopt;
  if (!answer || input.truncated) return 0.0;
  const auto chosen = static_cast<size_t>(*answer - 'A');
  if (chosen >= input.sample.options.size()) return 0.0;
  const OptionEvents events(input.sample);
  const Events stated = events.in_text(parsed->think);
  const Events& option = events.of_option(chosen);
  // "left, right" may be a route, or "left" and its inverse: the better reading counts.
  return std::max(likeness(events.inverse(stated), option),
                  likeness(events.inverse(first_half(stated, events)), option));
}

std::string InverseReward::why_unfit(const data::Sample& sample) const {
  if (sample.options.empty()) return "it has no options";
  return sample.task == data::Task::kAction ? "it asks about actions, whose inverses are others"
                                            : "";
}

}  // namespace retrace::reward
