// A weighted sum of rewards. Every raw part is kept next to the total.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

struct RewardSpec {
  std::string name;
  double weight = 1.0;  // 0: recorded, but does not count
};

struct RewardPart {
  std::string name;
  std::optional<double> raw;  // before the weight; nullopt: could not be judged
};

struct Score {
  std::vector<RewardPart> parts;  // in the rubric's order
  std::optional<double> total;    // sum of weight x raw; nullopt if any part is missing
};

class Rubric {
 public:
  // Throws ConfigError for no rewards, an unknown or repeated name, or a weight that is not finite.
  explicit Rubric(const std::vector<RewardSpec>& specs);
  Score score(const RewardInput& input) const;
  std::vector<std::string> names() const;

 private:
  std::vector<std::unique_ptr<RewardFn>> rewards_;
  std::vector<double> weights_;
};

// Reads a list of {name, weight}.
std::vector<RewardSpec> read_reward_specs(core::ConfigNode& parent, std::string_view key);

}  // namespace retrace::reward
