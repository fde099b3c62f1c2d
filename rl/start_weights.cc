#include "rl/start_weights.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string>

#include "model/adapter_files.h"
#include "model/checkpoint_files.h"
#include "rl/checkpoint.h"
#include "rl/recipe_key.h"

namespace retrace::rl {
namespace {

// Nested path of whatever is in the vision tower.
const std::string kVisionModules = "model\\.visual\\..*";

// A frozen tower gets no adapters.
model::LoraOptions lora_options(const ModelSection& section,
                                const std::vector<model::ParameterSpec>& specs) {
  model::LoraOptions options = section.lora.options;
  const bool has_tower =
      std::any_of(specs.begin(), specs.end(), [](const auto& spec) { return spec.is_vision; });
  if (!section.train_vision && has_tower)
    options.exclude_modules.insert(options.exclude_modules.end(), kVisionModules);
  return options;
}

model::Adapters start_adapters(const RunConfig& config, const model::Weights& weights) {
  const LoraSection& lora = config.model.lora;
  if (!lora.path.empty()) {
    model::Adapters adapters =
        under_key("model.lora.path", [&] { return model::load_adapters(lora.path, weights); });
    adapters.set_dropout(lora.options.dropout);
    return adapters;
  }
  const model::LoraOptions options = lora_options(config.model, weights.specs());
  model::Adapters adapters(weights.specs(), options,
                           model::match_modules(weights.specs(), options));
  model::initialise_adapters(adapters, config.run.seed);
  return adapters;
}

}  // namespace

model::Weights start_weights(const RunConfig& config, const model::ModelConfig& model_config,
                             const std::optional<std::filesystem::path>& resumed_from) {
  const bool has_adapters = config.model.lora.enabled();
  model::Weights weights(model_config);
  if (resumed_from && !has_adapters) {
    load_checkpoint_weights(*resumed_from, weights);
  } else if (config.model.random_init) {
    model::initialise_randomly(weights, config.run.seed);
  } else {
    under_key("model.path", [&] { model::load_weights(config.model.path, weights); });
  }
  if (!has_adapters) return weights;
  weights = weights.with_adapters(start_adapters(config, weights));
  if (resumed_from) load_checkpoint_weights(*resumed_from, weights);
  return weights;
}

std::string base_fingerprint(const model::Weights& weights) {
  if (weights.adapters() == nullptr) return {};
  const XXH128_hash_t hash = XXH3_128bits(weights.flat().const_data_ptr(), weights.flat().nbytes());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

model::Weights reference_weights(const model::Weights& policy,
                                 const std::filesystem::path& checkpoint) {
  if (policy.adapters() == nullptr) {
    model::Weights weights(policy.config());
    load_checkpoint_weights(checkpoint, weights);
    return weights;
  }
  model::Weights weights = policy.with_adapters(policy.adapters()->frozen_copy());
  load_checkpoint_weights(checkpoint, weights);
  return weights.frozen_copy();
}

int64_t count_trained(const RunConfig& config, const std::vector<model::ParameterSpec>& specs) {
  const bool has_adapters = config.model.lora.enabled();
  if (has_adapters && !config.model.lora.path.empty()) {
    return under_key("model.lora.path",
                     [&] { return model::count_adapter_values(config.model.lora.path); });
  }
  const model::LoraOptions options = lora_options(config.model, specs);
  int64_t total = 0;
  if (has_adapters) {
    for (const size_t index : model::match_modules(specs, options)) {
      total += options.rank * (specs[index].shape[0] + specs[index].shape[1]);
    }
    return total;
  }
  for (const model::ParameterSpec& spec : specs) {
    int64_t size = 1;
    for (const int64_t dim : spec.shape) size *= dim;
    if (config.model.train_vision || !spec.is_vision) total += size;
  }
  return total;
}

}  // namespace retrace::rl
