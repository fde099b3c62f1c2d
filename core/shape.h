// Shape and dtype checks for public entry points. Shapes use the letters of docs/shapes.md.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace retrace::core {

inline constexpr int64_t kAnySize = -1;

// Throws InternalError "logits: expected shape [5, *], found [4, 7]" unless sizes match; kAnySize
// matches all.
void check_shape(const at::Tensor& tensor, std::initializer_list<int64_t> expected,
                 std::string_view name);
void check_dtype(const at::Tensor& tensor, at::ScalarType expected, std::string_view name);

}  // namespace retrace::core
