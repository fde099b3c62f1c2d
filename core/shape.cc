#include "core/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/error.h"

namespace retrace::core {
namespace {

template <class Sizes>
std::string shape_text(const Sizes& sizes) {
  std::string text;
  for (const int64_t size : sizes) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ",
                        size == kAnySize ? "*" : fmt::format("{}", size));
  }
  return fmt::format("[{}]", text);
}

}  // namespace

void check_shape(const at::Tensor& tensor, std::initializer_list<int64_t> expected,
                 std::string_view name) {
  if (!tensor.defined()) {
    throw_<InternalError>("{}: expected shape {}, found an undefined tensor", name,
                          shape_text(expected));
  }
  const at::IntArrayRef found = tensor.sizes();
  const auto size_matches = [](int64_t want, int64_t have) {
    return want == kAnySize || want == have;
  };
  if (!std::equal(expected.begin(), expected.end(), found.begin(), found.end(), size_matches)) {
    throw_<InternalError>("{}: expected shape {}, found {}", name, shape_text(expected),
                          shape_text(found));
  }
}

void check_dtype(const at::Tensor& tensor, at::ScalarType expected, std::string_view name) {
  if (!tensor.defined()) {
    throw_<InternalError>("{}: expected dtype {}, found an undefined tensor", name,
                          at::toString(expected));
  }
  if (tensor.scalar_type() != expected) {
    throw_<InternalError>("{}: expected dtype {}, found {}", name, at::toString(expected),
                          at::toString(tensor.scalar_type()));
  }
}

}  // namespace retrace::core
