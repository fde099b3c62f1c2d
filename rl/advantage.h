// Group-relative advantage.
//
//   A_i = (r_i - mean(r)) / (std(r) + eps)        scale = kGroupStd; std divides by (n - 1)
//   A_i = r_i - mean(r)                           scale = kNone (Dr. GRPO)
//
// mean and std run over the completions of one group whose reward is known; n is their number. A
// completion without a reward, and every completion of a group with n < 2, gets 0. TRL, Video-R1
// and ST-R1 use eps = 1e-4; verl and EasyR1 1e-6.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace retrace::rl {

enum class AdvantageScale { kGroupStd, kNone };

struct AdvantageOptions {
  AdvantageScale scale = AdvantageScale::kGroupStd;
  double std_epsilon = 1e-4;
};

struct GroupAdvantage {
  std::vector<double> advantages;  // [G]
  double mean = 0, std = 0;        // of the known rewards; 0 when n < 1 (mean) or n < 2 (std)
  bool dead = false;               // no two known rewards differ: the group teaches nothing but KL
};

GroupAdvantage group_advantage(std::span<const std::optional<double>> rewards_G,
                               const AdvantageOptions& options);

}  // namespace retrace::rl
