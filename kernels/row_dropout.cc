#include "kernels/row_dropout.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/philox.h"
#include "core/shape.h"

namespace retrace::kernels {
namespace {

constexpr int64_t kWordsInBlock = 4;
constexpr uint32_t kPurpose = 1;  // the fourth counter word; random streams leave it 0

// One row: keeps x[i] * scale where the word is at least `threshold`.
void drop_row(const float* x, float* y, int64_t num_columns, uint64_t key, uint64_t place,
              uint64_t threshold, float scale) {
  const core::PhiloxKey philox_key = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  for (int64_t begin = 0; begin < num_columns; begin += kWordsInBlock) {
    const core::PhiloxBlock words = core::philox4x32_10(
        {static_cast<uint32_t>(begin / kWordsInBlock), static_cast<uint32_t>(place),
         static_cast<uint32_t>(place >> 32), kPurpose},
        philox_key);
    const int64_t count = std::min(kWordsInBlock, num_columns - begin);
    for (int64_t i = 0; i < count; ++i) {
      y[begin + i] = words[static_cast<size_t>(i)] >= threshold ? x[begin + i] * scale : 0.0F;
    }
  }
}

at::Tensor masked(const at::Tensor& x_RI, const at::Tensor& keys_R, uint64_t place, double p) {
  const at::Tensor x = x_RI.contiguous(), keys = keys_R.contiguous();
  at::Tensor y = at::empty_like(x);
  const int64_t num_columns = x.size(1);
  const auto threshold = static_cast<uint64_t>(std::llround(p * 0x1.0p32));
  const auto scale = static_cast<float>(1.0 / (1.0 - p));
  const float* source = x.const_data_ptr<float>();
  const int64_t* row_keys = keys.const_data_ptr<int64_t>();
  float* target = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.size(0), /*grain_size=*/16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      drop_row(source + row * num_columns, target + row * num_columns, num_columns,
               static_cast<uint64_t>(row_keys[row]), place, threshold, scale);
    }
  });
  return y;
}

class RowDropoutFunction : public torch::autograd::Function<RowDropoutFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x_RI,
                            const at::Tensor& keys_R, int64_t place, double p) {
    ctx->save_for_backward({keys_R});
    ctx->saved_data["place"] = place;
    ctx->saved_data["p"] = p;
    return masked(x_RI, keys_R, static_cast<uint64_t>(place), p);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto place = static_cast<uint64_t>(ctx->saved_data["place"].toInt());
    const at::Tensor dx_RI =
        masked(grads[0], ctx->get_saved_variables()[0], place, ctx->saved_data["p"].toDouble());
    return {dx_RI, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor row_dropout(const at::Tensor& x_RI, const at::Tensor& keys_R, uint64_t place, double p) {
  core::check_shape(x_RI, {core::kAnySize, core::kAnySize}, "row_dropout: x");
  core::check_dtype(x_RI, at::kFloat, "row_dropout: x");
  core::check_shape(keys_R, {x_RI.size(0)}, "row_dropout: keys");
  core::check_dtype(keys_R, at::kLong, "row_dropout: keys");
  RETRACE_CHECK(p >= 0 && p < 1, "row_dropout: probability {} is outside [0, 1)", p);
  if (p == 0) return x_RI;
  return RowDropoutFunction::apply(x_RI, keys_R, static_cast<int64_t>(place), p);
}

}  // namespace retrace::kernels
