// LoRA (Hu et al. 2021): frozen linear layers W with a trained low-rank term beside them.
//
//   y = W x + b + scaling * B A dropout(x)      scaling = alpha / rank, or alpha / sqrt(rank)
//
// A [rank, in] starts uniform in +-1/sqrt(in), B [out, rank] at zero, so that an adapted model
// starts as the model it adapts. The adapters are one parameter set, in the order of the model's
// layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/lora_options.h"
#include "model/parameter_set.h"

namespace retrace::model {

class Adapters {
 public:
  struct Entry {
    size_t weight = 0;    // index of the adapted matrix in the model's specs
    size_t a = 0, b = 0;  // indices into parameters()
    uint64_t place = 0;   // names the layer in dropout masks
  };

  // Zero-filled adapters for the matrices `modules` (match_modules()) of a model with these specs.
  Adapters(const std::vector<ParameterSpec>& model_specs, LoraOptions options,
           const std::vector<size_t>& modules);

  const LoraOptions& options() const { return options_; }
  void set_dropout(double probability) { options_.dropout = probability; }
  const std::vector<Entry>& entries() const { return entries_; }
  // Names: "model.layers.0.self_attn.q_proj.lora_A.weight" (hub layout).
  ParameterSet& parameters() { return parameters_; }
  const ParameterSet& parameters() const { return parameters_; }

  // The adapter of a matrix of the model, or null.
  const Entry* find(size_t weight) const;
  // y [R, out] + scaling * B A dropout(x [R, in]); y itself if the matrix has no adapter. Without
  // `dropout_keys` [R] int64 (kernels/row_dropout.h) there is no dropout.
  at::Tensor add_to(const at::Tensor& y_RO, size_t weight, const at::Tensor& x_RI,
                    const at::Tensor& dropout_keys_R) const;
  // scaling * B A, [out, in] float32.
  at::Tensor delta(const Entry& entry) const;

  bool adds_nothing() const;     // every B is zero
  bool adapts_vision() const;    // any of them is in the vision tower
  Adapters frozen_copy() const;  // a deep copy without gradients

 private:
  LoraOptions options_;
  std::vector<Entry> entries_;
  std::vector<int64_t> entry_of_weight_;  // model spec -> place in entries_, or -1
  ParameterSet parameters_;
};

// As PEFT starts them; the values depend on (seed, parameter name) only.
void initialise_adapters(Adapters& adapters, uint64_t seed);

}  // namespace retrace::model
