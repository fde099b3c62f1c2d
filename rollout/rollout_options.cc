#include "rollout/rollout_options.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "core/error.h"

namespace retrace::rollout {
namespace {

using core::ConfigError;
using core::throw_;

bool contains(const std::vector<int64_t>& ids, int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void check_range(const std::vector<int64_t>& ids, std::string_view key, int64_t vocab_size) {
  for (const int64_t id : ids) {
    if (id < 0 || id >= vocab_size) {
      throw_<ConfigError>(
          "rollout.{}: ids must be in [0, {}), the model's vocabulary, found {}; do model and "
          "tokenizer belong together?",
          key, vocab_size, id);
    }
  }
}

}  // namespace

void validate(const RolloutOptions& options) {
  const kernels::SamplingOptions& sampling = options.sampling;
  if (!std::isfinite(sampling.temperature) || sampling.temperature < 0) {
    throw_<ConfigError>("rollout.temperature: must be finite and at least 0 (0 is greedy), is {}",
                        sampling.temperature);
  }
  if (sampling.top_k < 0)
    throw_<ConfigError>("rollout.top_k: must be at least 0 (0 keeps all), is {}", sampling.top_k);
  if (!(sampling.top_p > 0 && sampling.top_p <= 1)) {
    throw_<ConfigError>("rollout.top_p: must be in (0, 1] (1 keeps all), is {}", sampling.top_p);
  }
  if (options.max_new_tokens < 1 || options.max_new_tokens > kMostNewTokens) {
    throw_<ConfigError>("rollout.max_new_tokens: must be in [1, {}], is {}", kMostNewTokens,
                        options.max_new_tokens);
  }
  if (options.tile_rows < 1 || options.tile_rows > kMostTileRows) {
    throw_<ConfigError>("rollout.tile_rows: must be in [1, {}], is {}", kMostTileRows,
                        options.tile_rows);
  }
  for (const int64_t id : options.stop_ids) {
    if (contains(options.banned_ids, id)) {
      throw_<ConfigError>(
          "rollout.stop_ids: id {} is also in banned_ids, so no completion could ever end with it",
          id);
    }
  }
}

void validate_for_model(const RolloutOptions& options, const model::ModelConfig& config) {
  check_range(options.stop_ids, "stop_ids", config.vocab_size);
  check_range(options.banned_ids, "banned_ids", config.vocab_size);
  const std::set<int64_t> banned(options.banned_ids.begin(), options.banned_ids.end());
  if (static_cast<int64_t>(banned.size()) == config.vocab_size) {
    throw_<ConfigError>(
        "rollout.banned_ids: all {} ids of the vocabulary are banned, nothing is left to sample",
        config.vocab_size);
  }
  for (const int64_t id : {config.image_token_id, config.video_token_id}) {
    if (id >= 0 && id < config.vocab_size && !banned.contains(id)) {
      throw_<ConfigError>(
          "rollout.banned_ids: must hold the vision placeholder {}, or the model would look for "
          "its embedding in a completion",
          id);
    }
  }
}

}  // namespace retrace::rollout
