#include "reward/rubric.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "reward/builtin_rewards.h"

namespace retrace::reward {
namespace {

// The same rule as make_reward's, but said with the place in the file.
void check_known(const core::ConfigNode& node, const std::string& name) {
  const std::vector<std::string> known = builtin_reward_names();
  if (std::find(known.begin(), known.end(), name) != known.end()) return;
  node.fail("name",
            fmt::format("unknown reward '{}'; known rewards: {}", name, fmt::join(known, ", ")));
}

}  // namespace

Rubric::Rubric(const std::vector<RewardSpec>& specs) {
  if (specs.empty()) {
    core::throw_<core::ConfigError>(
        "reward: expected at least one reward, found none; add one, for example {{name: letter}}");
  }
  for (const RewardSpec& spec : specs) {
    if (!std::isfinite(spec.weight)) {
      core::throw_<core::ConfigError>("reward '{}': weight must be a finite number, is {}",
                                      spec.name, spec.weight);
    }
    const bool is_repeated = std::any_of(rewards_.begin(), rewards_.end(), [&](const auto& reward) {
      return reward->name() == spec.name;
    });
    if (is_repeated) {
      core::throw_<core::ConfigError>("reward '{}': listed twice; keep one and add up the weights",
                                      spec.name);
    }
    rewards_.push_back(make_reward(spec.name));
    weights_.push_back(spec.weight);
  }
}

Score Rubric::score(const RewardInput& input) const {
  Score score{.parts = {}, .total = 0.0};
  for (size_t reward_idx = 0; reward_idx < rewards_.size(); ++reward_idx) {
    const RewardFn& reward = *rewards_[reward_idx];
    const std::optional<double> raw = reward.score(input);
    RETRACE_CHECK(!raw || std::isfinite(*raw), "reward '{}' returned {}", reward.name(), *raw);
    score.parts.push_back({std::string(reward.name()), raw});
    if (!raw) score.total = std::nullopt;
    if (score.total) *score.total += weights_[reward_idx] * *raw;
  }
  return score;
}

std::vector<std::string> Rubric::names() const {
  std::vector<std::string> names;
  for (const auto& reward : rewards_) names.emplace_back(reward->name());
  return names;
}

std::vector<RewardSpec> read_reward_specs(core::ConfigNode& parent, std::string_view key) {
  std::vector<RewardSpec> specs;
  for (core::ConfigNode& node : parent.section_list(key)) {
    RewardSpec spec;
    node.read("name", spec.name);
    if (spec.name.empty()) node.fail("name", "expected the name of a reward, found none");
    check_known(node, spec.name);
    node.read("weight", spec.weight);
    node.require(std::isfinite(spec.weight), "weight", "must be a finite number", spec.weight);
    node.finish();
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace retrace::reward
