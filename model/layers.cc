#include "model/layers.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "kernels/linear.h"
#include "kernels/rms_norm.h"

namespace retrace::model {

ParameterIndex::ParameterIndex(const std::vector<ParameterSpec>& specs) {
  for (size_t index = 0; index < specs.size(); ++index) index_.emplace(specs[index].name, index);
}

size_t ParameterIndex::operator()(const std::string& name) const {
  const auto found = index_.find(name);
  RETRACE_CHECK(found != index_.end(), "the model has no parameter '{}'", name);
  return found->second;
}

Linear::Linear(const ParameterIndex& index, const std::string& name, bool has_bias)
    : weight(index(name + ".weight")) {
  if (has_bias) bias = index(name + ".bias");
}

at::Tensor Linear::operator()(const Weights& weights, const at::Tensor& x) const {
  const at::Tensor y =
      kernels::linear(x, weights.at(weight), bias ? weights.at(*bias) : at::Tensor());
  const Adapters* adapters = weights.adapters();
  return adapters == nullptr ? y : adapters->add_to(y, weight, x, weights.dropout_keys());
}

LayerNorm::LayerNorm(const ParameterIndex& index, const std::string& name, double epsilon)
    : weight(index(name + ".weight")), bias(index(name + ".bias")), eps(epsilon) {}

at::Tensor LayerNorm::operator()(const Weights& weights, const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(-1)}, weights.at(weight), weights.at(bias), eps);
}

RmsNorm::RmsNorm(const ParameterIndex& index, const std::string& name, double epsilon)
    : weight(index(name + ".weight")), eps(epsilon) {}

at::Tensor RmsNorm::operator()(const Weights& weights, const at::Tensor& x) const {
  return kernels::rms_norm(x, weights.at(weight), eps);
}

}  // namespace retrace::model
