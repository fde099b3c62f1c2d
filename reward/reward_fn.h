// What a reward sees and returns.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "data/sample.h"

namespace retrace::reward {

struct RewardInput {
  std::string_view completion;  // decoded text, special tokens left out
  bool truncated = false;       // stopped by the length limit
  const data::Sample& sample;
};

// A reward is a pure function of one completion. nullopt means it could not be judged: a missing
// value, not a zero.
class RewardFn {
 public:
  virtual ~RewardFn() = default;
  virtual std::string_view name() const = 0;
  virtual std::optional<double> score(const RewardInput& input) const = 0;
};

}  // namespace retrace::reward
