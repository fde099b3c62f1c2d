#include "rl/optimizer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/shape.h"

namespace retrace::rl {

AdamW::AdamW(model::ParameterSet& parameters, at::Tensor gradients, AdamWOptions options,
             bool train_vision)
    : exp_avg(at::zeros_like(gradients)),
      exp_avg_sq(at::zeros_like(gradients)),
      gradients_(std::move(gradients)),
      options_(options),
      num_parameters_(parameters.num_parameters()) {
  core::check_shape(gradients_, {parameters.num_trained(train_vision)}, "flat gradients");
  int64_t begin = 0, begin_trained = 0;
  for (size_t i = 0; i < parameters.specs().size(); ++i) {
    const model::ParameterSpec& spec = parameters.specs()[i];
    const int64_t size = parameters.at(i).numel();
    if (train_vision || !spec.is_vision) {
      const auto range = [&](const at::Tensor& flat) {
        return flat.detach().narrow(0, begin_trained, size);
      };
      slices_.push_back({begin, parameters.flat().detach().narrow(0, begin, size),
                         range(gradients_), range(exp_avg), range(exp_avg_sq), spec.decays});
      begin_trained += size;
    }
    begin += size;
  }
  if (slices_.empty()) {
    core::throw_<core::ConfigError>(
        "nothing trains: every trained parameter is in the vision tower, but model.train_vision is "
        "false; set it to true, or choose other model.lora.target_modules");
  }
}

at::Tensor AdamW::of_trained(const at::Tensor& values) const {
  core::check_shape(values, {num_parameters_}, "values of all parameters");
  std::vector<at::Tensor> parts;
  for (const Slice& slice : slices_)
    parts.push_back(values.narrow(0, slice.begin, slice.parameter.numel()));
  return at::cat(parts);
}

void AdamW::zero_gradients() {
  gradients_.zero_();
}

double AdamW::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  double squares = 0;
  for (const Slice& slice : slices_)
    squares += slice.gradient.to(at::kDouble).square().sum().item<double>();
  const double norm = std::sqrt(squares);
  if (!std::isfinite(norm)) {
    zero_gradients();
    return norm;
  }
  const bool clip = options_.max_grad_norm > 0 && norm > options_.max_grad_norm;
  const double scale = clip ? options_.max_grad_norm / (norm + 1e-6) : 1.0;

  ++num_steps;
  const double correction1 = 1.0 - std::pow(options_.beta1, static_cast<double>(num_steps));
  const double correction2 = 1.0 - std::pow(options_.beta2, static_cast<double>(num_steps));
  for (Slice& slice : slices_) {
    if (clip) slice.gradient.mul_(scale);
    if (slice.decays && options_.weight_decay > 0)
      slice.parameter.mul_(1.0 - learning_rate * options_.weight_decay);
    slice.exp_avg.mul_(options_.beta1).add_(slice.gradient, 1.0 - options_.beta1);
    slice.exp_avg_sq.mul_(options_.beta2)
        .addcmul_(slice.gradient, slice.gradient, 1.0 - options_.beta2);
    const at::Tensor denominator = (slice.exp_avg_sq / correction2).sqrt_().add_(options_.epsilon);
    slice.parameter.addcdiv_(slice.exp_avg, denominator, -learning_rate / correction1);
  }
  zero_gradients();
  return norm;
}

}  // namespace retrace::rl
