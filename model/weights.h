// The parameters of one model of a configuration: what every forward pass reads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/adapters.h"
#include "model/model_config.h"
#include "model/parameter_set.h"

namespace retrace::model {

// Cheap to copy: copies share the tensors and their gradients; frozen_copy() is the deep copy.
//
// Note [Adapters share the base]: with LoRA the base is frozen and only the adapters train.
// Rollout, learner and KL reference then hold the same base tensors; what differs is which
// adapters, if any, a copy of Weights carries. No second copy of the base is ever made.
class Weights {
 public:
  // Zero-filled. Throws CheckpointError if the memory cannot be had.
  explicit Weights(const ModelConfig& config);

  // Of the base: the parameters that config.json describes.
  const ModelConfig& config() const { return *config_; }
  const std::vector<ParameterSpec>& specs() const { return base_->specs(); }
  // Leaf tensor by checkpoint name (hub layout); throws InternalError for an unknown name.
  const at::Tensor& get(std::string_view name) const { return base_->get(name); }
  const at::Tensor& at(size_t index) const { return base_->at(index); }
  // [num_parameters] float32, shares memory with all of them
  const at::Tensor& flat() const { return base_->flat(); }
  int64_t num_parameters() const { return base_->num_parameters(); }

  // LoRA. Null without it.
  const Adapters* adapters() const { return adapters_.get(); }
  Adapters* adapters() { return adapters_.get(); }
  // The same base with these adapters beside it, or with none.
  Weights with_adapters(Adapters adapters) const;
  Weights without_adapters() const;
  // The same weights for one forward pass over rows with these dropout keys [R] int64
  // (kernels/row_dropout.h). Without keys nothing is dropped: rollout, evaluation, reference.
  Weights with_dropout(at::Tensor keys_R) const;
  const at::Tensor& dropout_keys() const { return dropout_keys_; }
  // A base matrix with its adapter's term added: a new tensor, or at(index) without an adapter.
  at::Tensor merged(size_t index) const;

  // What an optimizer steps, ranks reduce and checkpoints store: the adapters if there are any,
  // else the base.
  ParameterSet& trainable() { return adapters_ ? adapters_->parameters() : *base_; }
  const ParameterSet& trainable() const { return adapters_ ? adapters_->parameters() : *base_; }
  // False if no parameter of the vision tower is in trainable().
  bool can_train_vision() const { return !adapters_ || adapters_->adapts_vision(); }
  // ParameterSet::require_gradients() of trainable().
  at::Tensor require_gradients(bool vision) { return trainable().require_gradients(vision); }
  void forbid_gradients() { trainable().forbid_gradients(); }

  // The same function without gradients, unmoved by later steps: the frozen KL reference. A deep
  // copy of the base; with adapters the base is shared, and only the adapters are copied, or left
  // out where they add nothing.
  Weights frozen_copy() const;

 private:
  std::shared_ptr<const ModelConfig> config_;
  std::shared_ptr<ParameterSet> base_;
  std::shared_ptr<Adapters> adapters_;  // null without LoRA
  at::Tensor dropout_keys_;             // [R] int64 or undefined
};

// Fills the weights the way transformers initialises this architecture: matrices and embeddings
// normal(0, 0.02), biases zero, norm scales one. The values depend on (seed, parameter name) only.
void initialise_randomly(Weights& weights, uint64_t seed);

}  // namespace retrace::model
