// What a reward sees and returns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "data/sample.h"

namespace retrace::reward {

struct RewardInput {
  std::string_view completion;  // decoded text, special tokens left out
  bool truncated = false;       // stopped by the length limit
  const data::Sample& sample;
  int64_t num_tokens = 0;  // of the completion, the stop token included; 0: unknown
};

// A reward is a pure function of one completion, safe to call from several threads. nullopt means
// it could not be judged: a missing value, not a zero.
class RewardFn {
 public:
  virtual ~RewardFn() = default;
  virtual std::string_view name() const = 0;
  virtual std::optional<double> score(const RewardInput& input) const = 0;
  // Why no completion of this sample can be judged; "" if one can. Costs nothing: it asks no judge.
  virtual std::string why_unfit(const data::Sample&) const { return ""; }
};

}  // namespace retrace::reward
