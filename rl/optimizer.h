// AdamW (decoupled weight decay, Loshchilov & Hutter 2019) over the named parameters of a set, with
// global-norm clipping. Gradients and moments are flat float32 buffers of what trains, in the order
// of the set: a frozen vision tower has none.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/parameter_set.h"

namespace retrace::rl {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.0;   // on matrices and embeddings only (ParameterSpec::decays)
  double max_grad_norm = 1.0;  // 0: no clipping
};

class AdamW {
 public:
  // `gradients` is the buffer of ParameterSet::require_gradients(train_vision).
  AdamW(model::ParameterSet& parameters, at::Tensor gradients, AdamWOptions options,
        bool train_vision);

  // Clips, steps, zeroes the gradients. Returns the gradient norm before clipping. A norm that is
  // not finite leaves weights and moments untouched and is returned as it is.
  double step(double learning_rate);

  void zero_gradients();
  at::Tensor& gradients() { return gradients_; }

  // State for checkpoints: moments [ParameterSet::num_trained] and the number of steps taken.
  at::Tensor exp_avg, exp_avg_sq;
  int64_t num_steps = 0;

  // Size of the whole set, and the values of what trains out of one value a parameter of it.
  int64_t num_parameters() const { return num_parameters_; }
  at::Tensor of_trained(const at::Tensor& values) const;  // [num_parameters] -> [num_trained]

 private:
  struct Slice {
    int64_t begin;  // in the whole set
    at::Tensor parameter, gradient, exp_avg, exp_avg_sq;
    bool decays;
  };
  at::Tensor gradients_;
  AdamWOptions options_;
  int64_t num_parameters_;
  std::vector<Slice> slices_;
};

}  // namespace retrace::rl
