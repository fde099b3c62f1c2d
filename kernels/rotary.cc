#include "kernels/rotary.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <numeric>

#include "core/error.h"
#include "core/shape.h"
#include "core/simd.h"

// T packed tokens, N heads, H head dim, K half the head dim.

namespace retrace::kernels {
namespace {

constexpr int64_t kParallelGrain = 64;  // tokens a task

// 1 / theta^(2 i / dim) in float32, as the reference computes it.
at::Tensor inverse_frequencies(int64_t dim, double theta) {
  const at::Tensor exponents = at::arange(0, dim, 2, at::kLong).to(at::kFloat) / dim;
  return at::pow(at::Scalar(theta), exponents).reciprocal();
}

RotaryTable table_of(const at::Tensor& angles_TK) {
  const at::Tensor angles_TH = at::cat({angles_TK, angles_TK}, 1);
  return {angles_TH.cos(), angles_TH.sin()};
}

// direction +1 rotates; -1 applies the transpose, which is the backward pass:
//   y1 = x1 c1 - x2 s1,  y2 = x2 c2 + x1 s2;   dx1 = g1 c1 + g2 s2,  dx2 = g2 c2 - g1 s1.
template <class Scalar>
RETRACE_SIMD void rotate_token(const Scalar* x, int64_t head_stride, const float* cosine,
                               const float* sine, int64_t num_heads, int64_t half, bool transpose,
                               Scalar* y) {
  for (int64_t head = 0; head < num_heads; ++head) {
    const Scalar* x1 = x + head * head_stride;
    const Scalar* x2 = x1 + half;
    Scalar* y1 = y + head * 2 * half;
    Scalar* y2 = y1 + half;
    if (transpose) {
#pragma omp simd
      for (int64_t k = 0; k < half; ++k) {
        y1[k] = x1[k] * Scalar(cosine[k]) + x2[k] * Scalar(sine[half + k]);
        y2[k] = x2[k] * Scalar(cosine[half + k]) - x1[k] * Scalar(sine[k]);
      }
    } else {
#pragma omp simd
      for (int64_t k = 0; k < half; ++k) {
        y1[k] = x1[k] * Scalar(cosine[k]) - x2[k] * Scalar(sine[k]);
        y2[k] = x2[k] * Scalar(cosine[half + k]) + x1[k] * Scalar(sine[half + k]);
      }
    }
  }
}

template <class Scalar>
at::Tensor rotate(const at::Tensor& x_TNH, const RotaryTable& table, bool transpose) {
  const at::Tensor x = x_TNH.stride(2) == 1 ? x_TNH : x_TNH.contiguous();
  const int64_t num_heads = x.size(1), dim = x.size(2);
  at::Tensor y_TNH = at::empty(x.sizes(), x.options());
  const Scalar* from = x.const_data_ptr<Scalar>();
  const float* cosine = table.cos_TH.const_data_ptr<float>();
  const float* sine = table.sin_TH.const_data_ptr<float>();
  Scalar* to = y_TNH.mutable_data_ptr<Scalar>();
  at::parallel_for(0, x.size(0), kParallelGrain, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      rotate_token(from + token * x.stride(0), x.stride(1), cosine + token * dim,
                   sine + token * dim, num_heads, dim / 2, transpose, to + token * num_heads * dim);
    }
  });
  return y_TNH;
}

at::Tensor rotate_any(const at::Tensor& x_TNH, const RotaryTable& table, bool transpose) {
  return x_TNH.scalar_type() == at::kDouble ? rotate<double>(x_TNH, table, transpose)
                                            : rotate<float>(x_TNH, table, transpose);
}

class Rotary : public torch::autograd::Function<Rotary> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x_TNH,
                            const at::Tensor& cos_TH, const at::Tensor& sin_TH) {
    ctx->save_for_backward({cos_TH, sin_TH});
    return rotate_any(x_TNH, {cos_TH, sin_TH}, false);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    return {rotate_any(grads[0], {saved[0], saved[1]}, true), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::vector<int64_t> sectioned_axes(const std::vector<int64_t>& sections) {
  std::vector<int64_t> axes;
  for (size_t section = 0; section < sections.size(); ++section) {
    axes.insert(axes.end(), static_cast<size_t>(sections[section]),
                static_cast<int64_t>(section % 3));
  }
  return axes;
}

std::vector<int64_t> interleaved_axes(const std::vector<int64_t>& sections) {
  RETRACE_CHECK(sections.size() == 3, "interleaved_axes: expected 3 sections, got {}",
                sections.size());
  const int64_t half = std::accumulate(sections.begin(), sections.end(), int64_t{0});
  std::vector<int64_t> axes(static_cast<size_t>(half), 0);
  for (int64_t place = 0; place < half; ++place) {
    const int64_t axis = place % 3;
    if (place < 3 * sections[static_cast<size_t>(axis)]) axes[static_cast<size_t>(place)] = axis;
  }
  return axes;
}

RotaryTable mrope_table(const at::Tensor& positions_3T, double theta,
                        const std::vector<int64_t>& axes) {
  core::check_shape(positions_3T, {3, core::kAnySize}, "mrope_table: positions");
  core::check_dtype(positions_3T, at::kLong, "mrope_table: positions");
  RETRACE_CHECK(!axes.empty(), "mrope_table: no axes");
  for (const int64_t axis : axes) {
    RETRACE_CHECK(axis >= 0 && axis < 3, "mrope_table: axis {} is not 0, 1 or 2", axis);
  }
  const at::Tensor axes_K = at::tensor(axes, at::kLong);
  const at::Tensor places_TK = positions_3T.index_select(0, axes_K).to(at::kFloat).t();
  return table_of(places_TK * inverse_frequencies(2 * axes_K.size(0), theta));
}

RotaryTable vision_rotary_table(const at::Tensor& rows_T2, int64_t head_dim) {
  core::check_shape(rows_T2, {core::kAnySize, 2}, "vision_rotary_table: rows");
  core::check_dtype(rows_T2, at::kLong, "vision_rotary_table: rows");
  RETRACE_CHECK(head_dim > 0 && head_dim % 4 == 0,
                "vision_rotary_table: head_dim must be a multiple of 4, is {}", head_dim);
  const at::Tensor inverse = inverse_frequencies(head_dim / 2, 10000.0);  // [K / 2]
  return table_of((rows_T2.to(at::kFloat).unsqueeze(2) * inverse).reshape({-1, head_dim / 2}));
}

at::Tensor apply_rotary(const at::Tensor& x_TNH, const RotaryTable& table) {
  RETRACE_CHECK(x_TNH.dim() == 3, "apply_rotary: x must be [T, N, H], has {} dimensions",
                x_TNH.dim());
  RETRACE_CHECK(x_TNH.scalar_type() == at::kFloat || x_TNH.scalar_type() == at::kDouble,
                "apply_rotary: x must be float32 or float64, is {}",
                at::toString(x_TNH.scalar_type()));
  RETRACE_CHECK(x_TNH.size(2) % 2 == 0, "apply_rotary: head_dim must be even, is {}",
                x_TNH.size(2));
  core::check_shape(table.cos_TH, {x_TNH.size(0), x_TNH.size(2)}, "apply_rotary: cos");
  core::check_shape(table.sin_TH, {x_TNH.size(0), x_TNH.size(2)}, "apply_rotary: sin");
  core::check_dtype(table.cos_TH, at::kFloat, "apply_rotary: cos");
  core::check_dtype(table.sin_TH, at::kFloat, "apply_rotary: sin");
  return Rotary::apply(x_TNH, table.cos_TH.contiguous(), table.sin_TH.contiguous());
}

}  // namespace retrace::kernels
