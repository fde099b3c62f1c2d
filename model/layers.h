// The building blocks of both towers: where their parameters are in Weights, and what they compute.
// A layer holds indices, not tensors, so that it stays right when parameters start or stop
// requiring gradients.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>

#include "model/weights.h"

namespace retrace::model {

// Index of a parameter by name, for constructors. Throws InternalError for an unknown name.
class ParameterIndex {
 public:
  explicit ParameterIndex(const std::vector<ParameterSpec>& specs);
  size_t operator()(const std::string& name) const;

 private:
  std::unordered_map<std::string, size_t> index_;
};

// x W^T + b, and the low-rank term of an adapter if the weights carry one for W (model/adapters.h).
struct Linear {
  Linear(const ParameterIndex& index, const std::string& name, bool has_bias);
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;  // [R, in] -> [R, out]

  size_t weight = 0;
  std::optional<size_t> bias;
};

struct LayerNorm {
  LayerNorm(const ParameterIndex& index, const std::string& name, double epsilon);
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;  // [R, D] -> [R, D]

  size_t weight = 0, bias = 0;
  double eps = 0;
};

struct RmsNorm {
  RmsNorm(const ParameterIndex& index, const std::string& name, double epsilon);
  at::Tensor operator()(const Weights& weights, const at::Tensor& x) const;  // [R, D] -> [R, D]

  size_t weight = 0;
  double eps = 0;
};

}  // namespace retrace::model
