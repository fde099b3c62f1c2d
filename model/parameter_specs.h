// The parameters a model of some configuration has, and their names here and in checkpoint files.
//
// A parameter is named as in the hub's files of Qwen2-VL: visual.* for the tower, model.* for the
// decoder, lm_head.weight. What follows the prefix is the family's own spelling.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/model_config.h"

namespace retrace::model {

struct ParameterSpec {
  std::string name;  // "model.layers.0.self_attn.q_proj.weight"
  std::vector<int64_t> shape;
  bool is_vision = false;  // belongs to the vision tower (visual.*)
  bool decays = false;     // weight decay applies: matrices and embeddings, not norms and biases
  bool is_linear = false;  // the matrix of a linear layer other than the head
  // As transformers names it in memory, and PEFT in its files: nested for families with a tower.
  std::string nested_name = {};
};

// Every parameter of a model of this configuration, in checkpoint order; lm_head.weight only when
// not tied.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& config);

// Names of the tower's layers, below "visual.blocks.N." and below a merger.
struct VisionNames {
  std::string_view mlp_in, mlp_gate, mlp_out;  // mlp_gate: only in a gated MLP
  std::string_view merger_norm, merger_in, merger_out;
};
VisionNames vision_names(VisionMlp mlp);

// "model.language_model.layers.0..." for a model with a tower, the same name for one without.
std::string nested_name(bool has_vision, std::string_view name);

// The name under which the hub's files of the family store the parameter `name`: nested for
// Qwen3-VL (model.visual.*, model.language_model.*), the same for the others.
std::string checkpoint_name(ModelFamily family, std::string_view name);

// The parameter that a stored tensor of any layout is: strips the nesting of newer files.
std::string parameter_name(std::string_view stored_name);

}  // namespace retrace::model
