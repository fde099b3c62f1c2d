// What every collective demands of a tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

namespace retrace::distributed {

// Throws InternalError "<operation> '<tag>': ..." unless the tensor is defined, contiguous, on the
// CPU, and float32, float64 or int64.
void check_collective_tensor(const at::Tensor& tensor, std::string_view operation,
                             std::string_view tag);

}  // namespace retrace::distributed
