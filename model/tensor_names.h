// The two names of a tensor. Retrace works with the hub's ("visual.*", "model.layers.*"); newer
// transformers versions hold the same tensors as "model.visual.*" and "model.language_model.*", and
// PEFT follows them.
#pragma once

#include <string>
#include <string_view>

namespace retrace::model {

// The hub's name of a tensor or module that may have the nested one.
std::string hub_name(std::string_view name);

// The nested name of what the hub calls `name`; names outside both towers stay as they are.
std::string nested_name(std::string_view name);

}  // namespace retrace::model
