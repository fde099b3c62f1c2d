#include "model/weights.h"

#include <ATen/ATen.h>

#include "core/random.h"

namespace retrace::model {

Weights::Weights(const ModelConfig& config)
    : config_(std::make_shared<const ModelConfig>(config)),
      base_(std::make_shared<ParameterSet>(parameter_specs(config), "the weights")) {}

Weights Weights::with_adapters(Adapters adapters) const {
  Weights adapted = *this;
  adapted.adapters_ = std::make_shared<Adapters>(std::move(adapters));
  return adapted;
}

Weights Weights::without_adapters() const {
  Weights plain = *this;
  plain.adapters_.reset();
  return plain;
}

Weights Weights::with_dropout(at::Tensor keys_R) const {
  Weights dropping = *this;
  dropping.dropout_keys_ = std::move(keys_R);
  return dropping;
}

at::Tensor Weights::merged(size_t index) const {
  const Adapters::Entry* entry = adapters_ ? adapters_->find(index) : nullptr;
  return entry == nullptr ? at(index).detach() : at(index).detach() + adapters_->delta(*entry);
}

Weights Weights::frozen_copy() const {
  if (adapters_) {
    return adapters_->adds_nothing() ? without_adapters() : with_adapters(adapters_->frozen_copy());
  }
  Weights copy = *this;
  copy.base_ = std::make_shared<ParameterSet>(base_->frozen_copy());
  return copy;
}

void initialise_randomly(Weights& weights, uint64_t seed) {
  constexpr double kStandardDeviation = 0.02;
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    const ParameterSpec& spec = weights.specs()[i];
    const at::Tensor& tensor = weights.at(i);
    if (spec.shape.size() < 2) {
      tensor.fill_(spec.name.ends_with(".bias") ? 0.0 : 1.0);
      continue;
    }
    const core::RandomStream stream(seed, spec.name);
    float* values = tensor.data_ptr<float>();
    for (int64_t element = 0; element < tensor.numel(); ++element) {
      values[element] =
          static_cast<float>(kStandardDeviation * stream.normal(static_cast<uint64_t>(element)));
    }
  }
}

}  // namespace retrace::model
