// Rewards that see all completions of one prompt at once.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "reward/reward_fn.h"

namespace retrace::reward {

// Completions of one prompt and how right they are.
struct GroupInput {
  std::span<const RewardInput> completions;         // [G]
  std::span<const std::optional<double>> accuracy;  // [G] raw values of the reward accuracy()
  std::span<const std::optional<double>> shuffled_accuracy;  // of completions about the same clips
                                                             // with their frames shuffled; empty:
                                                             // there are none
};

// A pure function of a group, called once all its completions are judged.
class GroupRewardFn {
 public:
  virtual ~GroupRewardFn() = default;
  virtual std::string_view name() const = 0;
  // The reward of single completions that says how right each is; it must be listed too.
  virtual std::string_view accuracy() const = 0;
  // Extra completions a group of `group_size` needs about frame-shuffled clips; 0 for all sizes or
  // for none. The trainer samples them, has them judged by accuracy(), and does not train on them.
  virtual int64_t num_shuffled(int64_t /*group_size*/) const { return 0; }
  // [G]; nullopt: could not be judged.
  virtual std::vector<std::optional<double>> score(const GroupInput& input) const = 0;
};

}  // namespace retrace::reward
