#include "model/adapters.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"
#include "kernels/linear.h"
#include "kernels/row_dropout.h"

namespace retrace::model {
namespace {

// Without ".weight".
std::string module_name(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

// A and B of every matrix in turn.
std::vector<ParameterSpec> adapter_specs(const std::vector<ParameterSpec>& model_specs,
                                         int64_t rank, const std::vector<size_t>& modules) {
  std::vector<ParameterSpec> specs;
  for (const size_t index : modules) {
    const ParameterSpec& matrix = model_specs[index];
    RETRACE_CHECK(matrix.shape.size() == 2, "'{}' is no matrix", matrix.name);
    const auto add = [&](const std::string& suffix, std::vector<int64_t> shape) {
      specs.push_back({.name = module_name(matrix.name) + suffix,
                       .shape = std::move(shape),
                       .is_vision = matrix.is_vision,
                       .decays = true,
                       .nested_name = module_name(matrix.nested_name) + suffix});
    };
    add(".lora_A.weight", {rank, matrix.shape[1]});
    add(".lora_B.weight", {matrix.shape[0], rank});
  }
  return specs;
}

}  // namespace

Adapters::Adapters(const std::vector<ParameterSpec>& model_specs, LoraOptions options,
                   const std::vector<size_t>& modules)
    : options_(std::move(options)),
      entry_of_weight_(model_specs.size(), -1),
      parameters_(adapter_specs(model_specs, options_.rank, modules), "the adapters") {
  for (const size_t index : modules) {
    entry_of_weight_[index] = static_cast<int64_t>(entries_.size());
    const uint64_t place = core::RandomStream(0, module_name(model_specs[index].name)).key();
    entries_.push_back({index, 2 * entries_.size(), 2 * entries_.size() + 1, place});
  }
}

const Adapters::Entry* Adapters::find(size_t weight) const {
  const int64_t entry = entry_of_weight_[weight];
  return entry < 0 ? nullptr : &entries_[static_cast<size_t>(entry)];
}

at::Tensor Adapters::add_to(const at::Tensor& y_RO, size_t weight, const at::Tensor& x_RI,
                            const at::Tensor& dropout_keys_R) const {
  const Entry* entry = find(weight);
  if (entry == nullptr) return y_RO;
  const at::Tensor dropped_RI =
      dropout_keys_R.defined() && options_.dropout > 0
          ? kernels::row_dropout(x_RI, dropout_keys_R, entry->place, options_.dropout)
          : x_RI;
  const at::Tensor low_RK = kernels::linear(dropped_RI, parameters_.at(entry->a));
  return at::add(y_RO, kernels::linear(low_RK, parameters_.at(entry->b)), options_.scaling());
}

at::Tensor Adapters::delta(const Entry& entry) const {
  const at::NoGradGuard no_grad;
  return at::mm(parameters_.at(entry.b), parameters_.at(entry.a)).mul_(options_.scaling());
}

bool Adapters::adds_nothing() const {
  return std::all_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return !at::any(parameters_.at(entry.b)).item<bool>();
  });
}

bool Adapters::adapts_vision() const {
  const std::vector<ParameterSpec>& specs = parameters_.specs();
  return std::any_of(specs.begin(), specs.end(), [](const auto& spec) { return spec.is_vision; });
}

Adapters Adapters::frozen_copy() const {
  Adapters copy = *this;
  copy.parameters_ = parameters_.frozen_copy();
  return copy;
}

void initialise_adapters(Adapters& adapters, uint64_t seed) {
  const at::NoGradGuard no_grad;
  for (const Adapters::Entry& entry : adapters.entries()) {
    adapters.parameters().at(entry.b).zero_();
    const at::Tensor& a = adapters.parameters().at(entry.a);
    const core::RandomStream stream(seed, adapters.parameters().specs()[entry.a].name);
    const double bound = 1.0 / std::sqrt(static_cast<double>(a.size(1)));
    float* values = a.data_ptr<float>();
    for (int64_t i = 0; i < a.numel(); ++i) {
      const double unit = stream.uniform(static_cast<uint64_t>(i));
      values[i] = static_cast<float>(bound * (2 * unit - 1));
    }
  }
}

}  // namespace retrace::model
