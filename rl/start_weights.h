// Where a run's weights come from: the model folder, random values or a checkpoint, with adapters
// beside them if the recipe asks for LoRA.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "model/weights.h"
#include "rl/run_config.h"

namespace retrace::rl {

// What the run starts or goes on with. With LoRA the base always comes from model.path (or the
// seed), and only the adapters from a checkpoint. Throws ConfigError and CheckpointError.
model::Weights start_weights(const RunConfig& config, const model::ModelConfig& model_config,
                             const std::optional<std::filesystem::path>& resumed_from);

// XXH3 of every byte of the base, 32 hex digits; "" without adapters, when the base is in the
// checkpoints themselves.
std::string base_fingerprint(const model::Weights& weights);

// The KL reference stored in a checkpoint of the run that `policy` belongs to: the model at the
// start of grpo. With LoRA it shares the policy's base (Note [Adapters share the base]): with the
// adapters off if they started at zero, else with a frozen copy of what they were, after an SFT
// stage for instance.
model::Weights reference_weights(const model::Weights& policy,
                                 const std::filesystem::path& checkpoint);

// Number of values that train, without making the weights. Throws like start_weights().
int64_t count_trained(const RunConfig& config, const std::vector<model::ParameterSpec>& specs);

}  // namespace retrace::rl
