#include "reward/builtin_rewards.h"

#include <fmt/ranges.h>

#include <array>

#include "core/error.h"
#include "reward/answer_parser.h"

namespace retrace::reward {
namespace {

struct Registration {
  std::string_view name;
  std::unique_ptr<RewardFn> (*make)();
};

template <class Reward>
std::unique_ptr<RewardFn> make() {
  return std::make_unique<Reward>();
}

// The one list of rewards. A reward that is not in it cannot be named in a recipe.
constexpr std::array kRegistrations = {
    Registration{"letter", make<StrictLetterReward>},
    Registration{"format", make<FormatReward>},
};

}  // namespace

std::optional<double> StrictLetterReward::score(const RewardInput& input) const {
  const std::optional<char> right = answer_letter(input.sample.answer);
  if (!right)
    return std::nullopt;  // no letter to compare with: the sample is at fault, not the completion
  if (input.truncated) return 0.0;
  return extract_letter(input.completion) == right ? 1.0 : 0.0;
}

std::optional<double> FormatReward::score(const RewardInput& input) const {
  return parse_strict(input.completion) ? 1.0 : 0.0;
}

std::vector<std::string> builtin_reward_names() {
  std::vector<std::string> names;
  for (const Registration& registration : kRegistrations) names.emplace_back(registration.name);
  return names;
}

std::unique_ptr<RewardFn> make_reward(std::string_view name) {
  for (const Registration& registration : kRegistrations) {
    if (registration.name == name) return registration.make();
  }
  core::throw_<core::ConfigError>("reward: unknown reward '{}'; known rewards: {}", name,
                                  fmt::join(builtin_reward_names(), ", "));
}

}  // namespace retrace::reward
