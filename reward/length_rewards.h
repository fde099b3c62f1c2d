// How long a completion is, in tokens with the stop token. Both rewards are not judged where the
// number of tokens is unknown.
#pragma once

#include <cstdint>

#include "core/config_node.h"
#include "reward/reward_fn.h"

namespace retrace::reward {

struct LengthWindowOptions {
  int64_t min_tokens = 0, max_tokens = 512;  // both inside
};

LengthWindowOptions read_length_window_options(core::ConfigNode& node);

// 1 if min_tokens <= length <= max_tokens and the completion ended by itself, else 0.
class LengthWindowReward : public RewardFn {
 public:
  explicit LengthWindowReward(LengthWindowOptions options) : options_(options) {}
  std::string_view name() const override { return "length_window"; }
  std::optional<double> score(const RewardInput& input) const override;

 private:
  LengthWindowOptions options_;
};

struct SoftOverlongOptions {
  int64_t max_tokens = 256;    // L: from here on the penalty is whole
  int64_t buffer_tokens = 64;  // B: it grows over the last B tokens before L
};

SoftOverlongOptions read_soft_overlong_options(core::ConfigNode& node);

// DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13), with n the length:
//   0 if n <= L - B;  ((L - B) - n) / B if L - B < n <= L;  -1 if n > L
class SoftOverlongReward : public RewardFn {
 public:
  explicit SoftOverlongReward(SoftOverlongOptions options) : options_(options) {}
  std::string_view name() const override { return "soft_overlong"; }
  std::optional<double> score(const RewardInput& input) const override;

 private:
  SoftOverlongOptions options_;
};

}  // namespace retrace::reward
