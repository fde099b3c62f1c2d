// Named float32 tensors that are views of one flat buffer, so that gradients are reduced and the
// optimizer steps over few large tensors. A model's weights are one such set; what trains is one.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/parameter_specs.h"

namespace retrace::model {

// Copying it copies handles: both share the memory and the gradients; frozen_copy() is the deep
// copy.
class ParameterSet {
 public:
  // Zero-filled, in the order of `specs`. Throws CheckpointError if the memory cannot be had;
  // `purpose` says in the message what it was for ("the weights").
  ParameterSet(std::vector<ParameterSpec> specs, std::string_view purpose);

  const std::vector<ParameterSpec>& specs() const { return specs_; }
  // Leaf tensor by name; throws InternalError for an unknown name.
  const at::Tensor& get(std::string_view name) const;
  const at::Tensor& at(size_t index) const { return tensors_[index]; }
  // [num_parameters] float32, shares memory with all of them
  const at::Tensor& flat() const { return flat_; }
  int64_t num_parameters() const { return flat_.numel(); }

  // Number of values that train: all, or those outside the vision tower.
  int64_t num_trained(bool vision) const;
  // Makes parameters leaves that require gradients (the vision tower's only if `vision` is true),
  // and points every gradient into one flat buffer, zeroed. Returns that buffer: the gradients of
  // what trains, in the order of specs(), [num_trained(vision)].
  at::Tensor require_gradients(bool vision);
  void forbid_gradients();

  // A deep copy without gradients.
  ParameterSet frozen_copy() const;

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
};

}  // namespace retrace::model
