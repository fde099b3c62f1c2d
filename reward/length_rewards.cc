#include "reward/length_rewards.h"

#include <algorithm>

namespace retrace::reward {

LengthWindowOptions read_length_window_options(core::ConfigNode& node) {
  LengthWindowOptions options;
  node.read("min_tokens", options.min_tokens);
  node.read("max_tokens", options.max_tokens);
  node.require(options.min_tokens >= 0, "min_tokens", "must be 0 or more", options.min_tokens);
  node.require(options.max_tokens >= options.min_tokens, "max_tokens",
               fmt::format("must be at least min_tokens = {}", options.min_tokens),
               options.max_tokens);
  return options;
}

std::optional<double> LengthWindowReward::score(const RewardInput& input) const {
  if (input.num_tokens < 1) return std::nullopt;
  const bool is_inside =
      input.num_tokens >= options_.min_tokens && input.num_tokens <= options_.max_tokens;
  return is_inside && !input.truncated ? 1.0 : 0.0;
}

SoftOverlongOptions read_soft_overlong_options(core::ConfigNode& node) {
  SoftOverlongOptions options;
  node.read("max_tokens", options.max_tokens);
  node.read("buffer_tokens", options.buffer_tokens);
  node.require(options.max_tokens >= 1, "max_tokens", "must be at least 1", options.max_tokens);
  node.require(options.buffer_tokens >= 1 && options.buffer_tokens <= options.max_tokens,
               "buffer_tokens", fmt::format("must be in [1, max_tokens = {}]", options.max_tokens),
               options.buffer_tokens);
  return options;
}

std::optional<double> SoftOverlongReward::score(const RewardInput& input) const {
  if (input.num_tokens < 1) return std::nullopt;
  const auto over =
      static_cast<double>(input.num_tokens - options_.max_tokens + options_.buffer_tokens);
  return -std::clamp(over / static_cast<double>(options_.buffer_tokens), 0.0, 1.0);
}

}  // namespace retrace::reward
