// Adapters in PEFT's layout: adapter_config.json and adapter_model.safetensors in one folder.
#pragma once

#include <filesystem>
#include <string>

#include "model/adapters.h"
#include "model/weights.h"

namespace retrace::model {

bool has_adapter_files(const std::filesystem::path& folder);

// Reads the adapters of a model with these weights, as PEFT or Retrace wrote them: names below
// "base_model.model." in the nested layout or the hub's, any floating-point dtype. Modules are
// those of the tensors; target_modules stays as written where it names the same ones, else it
// becomes their list. Throws CheckpointError for a kind of adapter that is not plain LoRA (DoRA,
// trained biases, modules_to_save, per-layer ranks, changed base weights, ...), naming the key, and
// for missing, unknown and misshapen tensors, naming them.
Adapters load_adapters(const std::filesystem::path& folder, const Weights& weights);

// Number of values in the folder's tensors, from the header alone. Throws CheckpointError.
int64_t count_adapter_values(const std::filesystem::path& folder);

// Writes both files into the existing `folder`, float32. `base_model` becomes
// base_model_name_or_path. Throws CheckpointError.
void save_adapters(const std::filesystem::path& folder, const Adapters& adapters,
                   const std::string& base_model);

}  // namespace retrace::model
