// The architectures that one config-driven model covers.
#pragma once

#include <string_view>

namespace retrace::model {

enum class ModelFamily {
  kQwen2Vl,
  kQwen25Vl,
  kQwen3Vl,
  kQwen2Text  // Qwen2 and Qwen2.5 language models
};

// "Qwen2-VL", for messages.
std::string_view to_string(ModelFamily family);

}  // namespace retrace::model
