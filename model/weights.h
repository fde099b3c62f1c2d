// The parameters of one model of a configuration: what every forward pass reads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/model_config.h"
#include "model/parameter_set.h"

namespace retrace::model {

// Every parameter of a model of this configuration, in checkpoint order; lm_head.weight only when
// not tied.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& config);

// Cheap to copy: copies share the tensors and their gradients; frozen_copy() is the deep copy.
class Weights {
 public:
  // Zero-filled. Throws CheckpointError if the memory cannot be had.
  explicit Weights(const ModelConfig& config);

  const ModelConfig& config() const { return *config_; }
  const std::vector<ParameterSpec>& specs() const { return base_->specs(); }
  // Leaf tensor by checkpoint name (hub layout); throws InternalError for an unknown name.
  const at::Tensor& get(std::string_view name) const { return base_->get(name); }
  const at::Tensor& at(size_t index) const { return base_->at(index); }
  // [num_parameters] float32, shares memory with all of them
  const at::Tensor& flat() const { return base_->flat(); }
  int64_t num_parameters() const { return base_->num_parameters(); }

  // What an optimizer steps, ranks reduce and checkpoints store.
  ParameterSet& trainable() { return *base_; }
  const ParameterSet& trainable() const { return *base_; }

  // ParameterSet::require_gradients() of what trains: returns [trainable().num_parameters()].
  at::Tensor require_gradients(bool vision) { return trainable().require_gradients(vision); }
  void forbid_gradients() { trainable().forbid_gradients(); }

  // A deep copy without gradients.
  Weights frozen_copy() const;

 private:
  std::shared_ptr<const ModelConfig> config_;
  std::shared_ptr<ParameterSet> base_;
};

// Fills the weights the way transformers initialises this architecture: matrices and embeddings
// normal(0, 0.02), biases zero, norm scales one. The values depend on (seed, parameter name) only.
void initialise_randomly(Weights& weights, uint64_t seed);

}  // namespace retrace::model
