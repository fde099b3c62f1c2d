// adapter_config.json: what PEFT writes beside the tensors of an adapter.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "model/lora_options.h"

namespace retrace::model {

inline constexpr std::string_view kAdapterConfigFile = "adapter_config.json";

// Throws CheckpointError, also for a kind of adapter that is not plain LoRA, naming the key.
LoraOptions read_adapter_options(const std::filesystem::path& folder);

// base_model_name_or_path: the folder or the hub's name of the model it was trained on; "" where
// that is not said. Throws CheckpointError.
std::string adapter_base(const std::filesystem::path& folder);

// The file's text.
std::string adapter_config_text(const LoraOptions& options, const std::string& base_model);

}  // namespace retrace::model
