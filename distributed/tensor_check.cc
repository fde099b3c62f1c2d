#include "distributed/tensor_check.h"

#include "core/error.h"

namespace retrace::distributed {

void check_collective_tensor(const at::Tensor& tensor, std::string_view operation,
                             std::string_view tag) {
  if (!tensor.defined()) {
    core::throw_<core::InternalError>("{} '{}': the tensor is undefined", operation, tag);
  }
  const at::ScalarType dtype = tensor.scalar_type();
  if (dtype != at::kFloat && dtype != at::kDouble && dtype != at::kLong) {
    core::throw_<core::InternalError>("{} '{}': expected dtype Float, Double or Long, found {}",
                                      operation, tag, at::toString(dtype));
  }
  if (!tensor.is_cpu() || !tensor.is_contiguous()) {
    core::throw_<core::InternalError>(
        "{} '{}': expected a contiguous CPU tensor, found one on {}{}", operation, tag,
        tensor.device().str(), tensor.is_contiguous() ? "" : " that is not contiguous");
  }
}

}  // namespace retrace::distributed
