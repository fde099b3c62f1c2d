#include "rollout/engine.h"

#include <utility>

#include "rollout/generation.h"

namespace retrace::rollout {

RolloutEngine::RolloutEngine(const model::QwenVl& model, const model::Tokenizer& tokenizer,
                             RolloutOptions options)
    : model_(model), tokenizer_(tokenizer), options_(std::move(options)) {
  validate(options_);
  validate_for_model(options_, model_.config());
}

std::vector<RolloutGroup> RolloutEngine::generate(std::span<const RolloutRequest> requests,
                                                  int64_t policy_version, RolloutStats* stats,
                                                  const OnGroup& on_group) const {
  RolloutStats unused;
  Generation generation(model_, tokenizer_, options_, requests, stats != nullptr ? *stats : unused);
  return generation.run(policy_version, on_group);
}

}  // namespace retrace::rollout
