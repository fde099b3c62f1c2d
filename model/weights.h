// The parameters of one model: named tensors (Hugging Face checkpoint names, hub layout) that are
// views of one flat float32 buffer, so that gradients are reduced and the optimizer steps over few
// large tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/model_config.h"
#include "model/parameter_specs.h"

namespace retrace::model {

// Copying it copies handles: both share the memory and the gradients; frozen_copy() is the deep
// copy.
class Weights {
 public:
  // Zero-filled. Throws CheckpointError if the memory cannot be had.
  explicit Weights(const ModelConfig& config);

  const std::vector<ParameterSpec>& specs() const { return specs_; }
  const ModelConfig& config() const { return config_; }
  // Leaf tensor by name; throws InternalError for an unknown name.
  const at::Tensor& get(std::string_view name) const;
  const at::Tensor& at(size_t index) const { return tensors_[index]; }
  const at::Tensor& flat() const {
    return flat_;
  }  // [num_parameters] float32, shares memory with all of them
  int64_t num_parameters() const { return flat_.numel(); }

  // Makes parameters leaves that require gradients (the vision tower's only if `vision` is true),
  // and points every gradient into one flat buffer, zeroed. Returns that buffer, [num_parameters].
  at::Tensor require_gradients(bool vision);
  void forbid_gradients();

  // A deep copy without gradients: the frozen KL reference.
  Weights frozen_copy() const;

 private:
  struct NameHash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };

  std::vector<ParameterSpec> specs_;
  std::vector<at::Tensor> tensors_;  // one a spec, views of flat_
  std::unordered_map<std::string, size_t, NameHash, std::equal_to<>>
      index_;        // name -> place in specs_
  at::Tensor flat_;  // [num_parameters] float32
  ModelConfig config_;
};

// Fills the weights the way transformers initialises this architecture: matrices and embeddings
// normal(0, 0.02), biases zero, norm scales one. The values depend on (seed, parameter name) only.
void initialise_randomly(Weights& weights, uint64_t seed);

}  // namespace retrace::model
