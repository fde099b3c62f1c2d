#include "kernels/rms_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "core/error.h"
#include "core/shape.h"
#include "core/simd.h"

// R rows (all leading dimensions), D normalised dimension.

namespace retrace::kernels {
namespace {

constexpr int64_t kParallelGrain = 256;  // rows a task

// y = weight * (x * rstd), the order of operations transformers uses.
template <class Scalar>
RETRACE_SIMD void forward_rows(const Scalar* x, const Scalar* weight, double eps, int64_t num_rows,
                               int64_t dim, Scalar* y, Scalar* rstd) {
  for (int64_t row = 0; row < num_rows; ++row) {
    const Scalar* xr = x + row * dim;
    Scalar* yr = y + row * dim;
    Scalar sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t d = 0; d < dim; ++d) sum += xr[d] * xr[d];
    const Scalar scale = Scalar(1) / std::sqrt(sum / Scalar(dim) + Scalar(eps));
    rstd[row] = scale;
#pragma omp simd
    for (int64_t d = 0; d < dim; ++d) yr[d] = weight[d] * (xr[d] * scale);
  }
}

// dx = rstd (w g - x rstd^2 mean(w g x)); dweight += g x rstd.
template <class Scalar>
RETRACE_SIMD void backward_rows(const Scalar* x, const Scalar* weight, const Scalar* rstd,
                                const Scalar* grad, int64_t num_rows, int64_t dim, Scalar* dx,
                                Scalar* dweight) {
  for (int64_t row = 0; row < num_rows; ++row) {
    const Scalar* xr = x + row * dim;
    const Scalar* gr = grad + row * dim;
    Scalar* dxr = dx + row * dim;
    const Scalar scale = rstd[row];
    Scalar dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t d = 0; d < dim; ++d) dot += weight[d] * gr[d] * xr[d];
    const Scalar shrink = dot * scale * scale * scale / Scalar(dim);
#pragma omp simd
    for (int64_t d = 0; d < dim; ++d) {
      dxr[d] = scale * weight[d] * gr[d] - shrink * xr[d];
      dweight[d] += gr[d] * xr[d] * scale;
    }
  }
}

// Rows are split in fixed tasks, so that the sum over rows does not depend on the number of
// threads.
template <class Scalar>
at::Tensor backward(const at::Tensor& x_RD, const at::Tensor& weight_D, const at::Tensor& rstd_R,
                    const at::Tensor& grad_RD, at::Tensor& dweight_D) {
  const int64_t num_rows = x_RD.size(0), dim = x_RD.size(1);
  const int64_t num_tasks = (num_rows + kParallelGrain - 1) / kParallelGrain;
  at::Tensor dx_RD = at::empty_like(x_RD);
  at::Tensor partial = at::zeros({num_tasks, dim}, x_RD.options());
  const Scalar *x = x_RD.const_data_ptr<Scalar>(), *weight = weight_D.const_data_ptr<Scalar>(),
               *rstd = rstd_R.const_data_ptr<Scalar>(), *grad = grad_RD.const_data_ptr<Scalar>();
  Scalar *dx = dx_RD.mutable_data_ptr<Scalar>(), *dweight = partial.mutable_data_ptr<Scalar>();
  at::parallel_for(0, num_tasks, 1, [&](int64_t first_task, int64_t last_task) {
    for (int64_t task = first_task; task < last_task; ++task) {
      const int64_t row = task * kParallelGrain, rows = std::min(kParallelGrain, num_rows - row);
      backward_rows(x + row * dim, weight, rstd + row, grad + row * dim, rows, dim, dx + row * dim,
                    dweight + task * dim);
    }
  });
  dweight_D = num_tasks == 1 ? partial[0] : partial.sum(0);
  return dx_RD;
}

template <class Scalar>
at::Tensor forward(const at::Tensor& x_RD, const at::Tensor& weight_D, double eps,
                   at::Tensor& rstd_R) {
  const int64_t dim = x_RD.size(1);
  at::Tensor y_RD = at::empty_like(x_RD);
  rstd_R = at::empty({x_RD.size(0)}, x_RD.options());
  const Scalar *x = x_RD.const_data_ptr<Scalar>(), *weight = weight_D.const_data_ptr<Scalar>();
  Scalar *y = y_RD.mutable_data_ptr<Scalar>(), *rstd = rstd_R.mutable_data_ptr<Scalar>();
  at::parallel_for(0, x_RD.size(0), kParallelGrain, [&](int64_t begin, int64_t end) {
    forward_rows(x + begin * dim, weight, eps, end - begin, dim, y + begin * dim, rstd + begin);
  });
  return y_RD;
}

class RmsNorm : public torch::autograd::Function<RmsNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x_RD,
                            const at::Tensor& weight_D, double eps) {
    at::Tensor rstd_R;
    at::Tensor y_RD = x_RD.scalar_type() == at::kDouble
                          ? kernels::forward<double>(x_RD, weight_D, eps, rstd_R)
                          : kernels::forward<float>(x_RD, weight_D, eps, rstd_R);
    ctx->save_for_backward({x_RD, weight_D, rstd_R});
    return y_RD;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor grad_RD = grads[0].contiguous();
    at::Tensor dweight_D;
    at::Tensor dx_RD =
        grad_RD.scalar_type() == at::kDouble
            ? kernels::backward<double>(saved[0], saved[1], saved[2], grad_RD, dweight_D)
            : kernels::backward<float>(saved[0], saved[1], saved[2], grad_RD, dweight_D);
    return {dx_RD, dweight_D, at::Tensor()};
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight_D, double eps) {
  RETRACE_CHECK(x.dim() >= 1, "rms_norm: x must have at least one dimension");
  const int64_t dim = x.size(-1);
  core::check_shape(weight_D, {dim}, "rms_norm: weight");
  core::check_dtype(weight_D, x.scalar_type(), "rms_norm: weight");
  RETRACE_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kDouble,
                "rms_norm: x must be float32 or float64, is {}", at::toString(x.scalar_type()));
  const at::Tensor x_RD = x.contiguous().view({-1, dim});
  return RmsNorm::apply(x_RD, weight_D.contiguous(), eps).view(x.sizes());
}

}  // namespace retrace::kernels
