#include "kernels/linear.h"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/shape.h"

namespace retrace::kernels {
namespace {

using MaybeTensor = std::optional<at::Tensor>;
using Scalars = c10::List<std::optional<at::Scalar>>;
using OneDnnLinear = at::Tensor(const at::Tensor&, const at::Tensor&, const MaybeTensor&,
                                c10::string_view, Scalars, std::optional<c10::string_view>);

// See Note [A row's result does not depend on its place].
bool has_avx512() {
#ifdef __x86_64__
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

const c10::TypedOperatorHandle<OneDnnLinear>& onednn_linear() {
  static const auto op = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
                             .typed<OneDnnLinear>();
  return op;
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x_RI,
                            const at::Tensor& weight_OI, const MaybeTensor& bias_O) {
    ctx->save_for_backward({x_RI, weight_OI});
    ctx->saved_data["has_bias"] = bias_O.has_value();
    return matmul_transposed(x_RI, weight_OI, bias_O.value_or(at::Tensor()));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x_RI = saved[0], &weight_OI = saved[1], &dy_RO = grads[0];
    at::Tensor dx_RI, dweight_OI, dbias_O;
    if (ctx->needs_input_grad(0)) dx_RI = matmul_transposed(dy_RO, weight_OI.t());
    if (ctx->needs_input_grad(1)) {
      // The first operand is copied to a contiguous one: take the narrower of the two.
      dweight_OI = x_RI.size(1) < dy_RO.size(1) ? matmul_transposed(x_RI.t(), dy_RO.t()).t()
                                                : matmul_transposed(dy_RO.t(), x_RI.t());
    }
    if (ctx->saved_data["has_bias"].toBool() && ctx->needs_input_grad(2)) dbias_O = dy_RO.sum(0);
    return {dx_RI, dweight_OI, dbias_O};
  }
};

}  // namespace

at::Tensor matmul_transposed(const at::Tensor& a_RI, const at::Tensor& b_CI,
                             const at::Tensor& bias_C) {
  const at::NoGradGuard no_grad;
  const bool is_float = a_RI.scalar_type() == at::kFloat && b_CI.scalar_type() == at::kFloat;
  if (has_avx512() && is_float && a_RI.is_cpu() && a_RI.numel() > 0) {
    return onednn_linear().call(a_RI, b_CI, bias_C.defined() ? MaybeTensor(bias_C) : MaybeTensor(),
                                "none", Scalars(), std::nullopt);
  }
  return bias_C.defined() ? at::addmm(bias_C, a_RI, b_CI.t()) : at::mm(a_RI, b_CI.t());
}

at::Tensor linear(const at::Tensor& x_RI, const at::Tensor& weight_OI, const at::Tensor& bias_O) {
  core::check_shape(x_RI, {core::kAnySize, core::kAnySize}, "linear: x");
  core::check_shape(weight_OI, {core::kAnySize, x_RI.size(1)}, "linear: weight");
  core::check_dtype(weight_OI, x_RI.scalar_type(), "linear: weight");
  if (bias_O.defined()) {
    core::check_shape(bias_O, {weight_OI.size(0)}, "linear: bias");
    core::check_dtype(bias_O, x_RI.scalar_type(), "linear: bias");
  }
  return LinearFunction::apply(x_RI, weight_OI,
                               bias_O.defined() ? MaybeTensor(bias_O) : MaybeTensor());
}

}  // namespace retrace::kernels
