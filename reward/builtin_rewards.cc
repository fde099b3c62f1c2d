#include "reward/builtin_rewards.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/error.h"
#include "reward/box_reward.h"
#include "reward/clock_reward.h"
#include "reward/consistency_reward.h"
#include "reward/format_reward.h"
#include "reward/frame_set_reward.h"
#include "reward/interval_reward.h"
#include "reward/inverse_reward.h"
#include "reward/length_bonus.h"
#include "reward/length_rewards.h"
#include "reward/letter_reward.h"
#include "reward/number_reward.h"
#include "reward/point_set_reward.h"
#include "reward/released_rewards.h"
#include "reward/repetition_reward.h"
#include "reward/route_reward.h"
#include "reward/sequence_reward.h"
#include "reward/temporal_contrast.h"

namespace retrace::reward {
namespace {

struct Registration {
  std::string_view name;
  RewardMaker (*read)(core::ConfigNode& node);
  bool needs_judge = false;
  bool needs_solution = false;
};

template <class Reward>
RewardMaker plain(core::ConfigNode&) {
  return [](const RewardResources&) { return std::unique_ptr<RewardFn>(new Reward()); };
}

template <class Reward, auto read_options>
RewardMaker with_options(core::ConfigNode& node) {
  return [options = read_options(node)](const RewardResources&) {
    return std::unique_ptr<RewardFn>(new Reward(options));
  };
}

template <class Reward, auto read_options>
RewardMaker of_group(core::ConfigNode& node) {
  return [options = read_options(node)](const RewardResources&) {
    return std::unique_ptr<GroupRewardFn>(new Reward(options));
  };
}

RewardMaker judged_route(core::ConfigNode&) {
  return [](const RewardResources& resources) {
    if (resources.judge == nullptr)
      core::throw_<core::ConfigError>("reward 'route': needs a judge, there is none");
    return std::unique_ptr<RewardFn>(new RouteReward(resources.judge));
  };
}

// The one list of rewards. A reward that is not in it cannot be named in a recipe.
constexpr std::array kRegistrations = {
    Registration{"letter", plain<StrictLetterReward>},
    Registration{"format", plain<FormatReward>},
    Registration{"released_letter", plain<ReleasedLetterReward>, false, /*needs_solution=*/true},
    Registration{"released_format", plain<ReleasedFormatReward>},
    Registration{"consistency", plain<ConsistencyReward>},
    Registration{"inverse_consistency", plain<InverseReward>},
    Registration{"route", judged_route, /*needs_judge=*/true},
    Registration{"length_window", with_options<LengthWindowReward, read_length_window_options>},
    Registration{"soft_overlong", with_options<SoftOverlongReward, read_soft_overlong_options>},
    Registration{"repetition", with_options<RepetitionReward, read_repetition_options>},
    Registration{"number", with_options<NumberReward, read_number_options>},
    Registration{"clock", with_options<ClockReward, read_clock_options>},
    Registration{"interval_iou", with_options<IntervalReward, read_interval_options>},
    Registration{"box_iou", plain<BoxReward>},
    Registration{"frame_f1", plain<FrameSetReward>},
    Registration{"sequence", with_options<SequenceReward, read_sequence_options>},
    Registration{"points", with_options<PointSetReward, read_point_set_options>},
    Registration{"length_bonus", of_group<LengthBonus, read_length_bonus_options>},
    Registration{"temporal_contrast", of_group<TemporalContrast, read_temporal_contrast_options>},
};

bool any_of(const std::vector<std::string>& names, bool Registration::*property) {
  return std::any_of(kRegistrations.begin(), kRegistrations.end(), [&](const auto& registration) {
    return registration.*property &&
           std::find(names.begin(), names.end(), registration.name) != names.end();
  });
}

}  // namespace

std::vector<std::string> builtin_reward_names() {
  std::vector<std::string> names;
  for (const Registration& registration : kRegistrations) names.emplace_back(registration.name);
  return names;
}

RewardMaker read_reward(std::string_view name, core::ConfigNode& node) {
  for (const Registration& registration : kRegistrations) {
    if (registration.name == name) return registration.read(node);
  }
  core::throw_<core::ConfigError>("reward: unknown reward '{}'; known rewards: {}", name,
                                  fmt::join(builtin_reward_names(), ", "));
}

bool needs_judge(const std::vector<std::string>& names) {
  return any_of(names, &Registration::needs_judge);
}

bool needs_solution(const std::vector<std::string>& names) {
  return any_of(names, &Registration::needs_solution);
}

RewardMaker default_reward(std::string_view name) {
  core::ConfigNode node = core::ConfigNode::from_string("{}", "default options");
  return read_reward(name, node);
}

}  // namespace retrace::reward
