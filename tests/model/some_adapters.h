// Weights of the tiny model's shapes, and LoRA adapters on them.
#pragma once

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "model/adapters.h"
#include "model/qwen_vl.h"
#include "tests/model/test_files.h"

namespace retrace::model {

inline ModelConfig tiny_config() {
  return read_model_config(tiny_folder());
}

inline Weights some_weights() {
  Weights weights(tiny_config());
  weights.flat().copy_(at::arange(weights.num_parameters()).sin().mul(0.02));
  return weights;
}

inline Adapters make_adapters(const Weights& weights, LoraOptions options) {
  const std::vector<size_t> modules = match_modules(weights.specs(), options);
  return Adapters(weights.specs(), std::move(options), modules);
}

// Random A and B: every adapter adds something.
inline Weights adapted_weights(LoraOptions options) {
  const at::NoGradGuard no_grad;
  Weights weights = some_weights();
  Adapters adapters = make_adapters(weights, std::move(options));
  for (size_t i = 0; i < adapters.parameters().specs().size(); ++i) {
    const at::Tensor& tensor = adapters.parameters().at(i);
    tensor.copy_(at::arange(tensor.numel()).sin().view(tensor.sizes()) * 0.1);
  }
  return weights.with_adapters(std::move(adapters));
}

}  // namespace retrace::model
