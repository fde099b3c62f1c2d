#include "model/parameter_set.h"

#include <ATen/ATen.h>

#include <numeric>

#include "core/error.h"

namespace retrace::model {
namespace {

int64_t count_elements(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

at::Tensor allocate_zeros(int64_t num_values, std::string_view purpose) {
  try {
    return at::zeros({num_values}, at::kFloat);
  } catch (const c10::Error&) {
    core::throw_<core::CheckpointError>(
        "model: expected {:.1f} GB of free memory for {} of {} parameters, could not allocate it; "
        "use a smaller model or a machine with more memory",
        static_cast<double>(num_values) * 4e-9, purpose, num_values);
  }
}

}  // namespace

ParameterSet::ParameterSet(std::vector<ParameterSpec> specs, std::string_view purpose)
    : specs_(std::move(specs)) {
  const at::NoGradGuard no_grad;
  int64_t num_values = 0;
  for (const ParameterSpec& spec : specs_) num_values += count_elements(spec.shape);
  flat_ = allocate_zeros(num_values, purpose);
  int64_t offset = 0;
  for (const ParameterSpec& spec : specs_) {
    const int64_t size = count_elements(spec.shape);
    index_.emplace(spec.name, tensors_.size());
    // Detached: a leaf of its own that only shares memory, so that requiring a gradient makes it
    // accumulate here.
    tensors_.push_back(flat_.narrow(0, offset, size).view(spec.shape).detach());
    offset += size;
  }
}

const at::Tensor& ParameterSet::get(std::string_view name) const {
  const auto it = index_.find(name);
  RETRACE_CHECK(it != index_.end(), "no parameter is named '{}'", name);
  return tensors_[it->second];
}

int64_t ParameterSet::num_trained(bool vision) const {
  int64_t total = 0;
  for (size_t i = 0; i < specs_.size(); ++i) {
    if (vision || !specs_[i].is_vision) total += tensors_[i].numel();
  }
  return total;
}

at::Tensor ParameterSet::require_gradients(bool vision) {
  at::Tensor gradients = allocate_zeros(num_trained(vision), "the gradients");
  int64_t offset = 0;
  for (size_t i = 0; i < specs_.size(); ++i) {
    const bool wanted = vision || !specs_[i].is_vision;
    tensors_[i].set_requires_grad(wanted);
    tensors_[i].mutable_grad() = at::Tensor();
    if (!wanted) continue;
    // A defined gradient is added to in place, so the flat buffer stays the storage of all of them.
    const int64_t size = tensors_[i].numel();
    tensors_[i].mutable_grad() = gradients.narrow(0, offset, size).view(specs_[i].shape).detach();
    offset += size;
  }
  return gradients;
}

void ParameterSet::forbid_gradients() {
  for (at::Tensor& tensor : tensors_) {
    tensor.mutable_grad() = at::Tensor();
    tensor.set_requires_grad(false);
  }
}

ParameterSet ParameterSet::frozen_copy() const {
  const at::NoGradGuard no_grad;
  ParameterSet copy(specs_, "a frozen copy");
  copy.flat_.copy_(flat_);
  return copy;
}

}  // namespace retrace::model
