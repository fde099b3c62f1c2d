#include "kernels/token_logprob.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/linear.h"

// T tokens, C rows of a chunk, D model, V vocabulary.

namespace retrace::kernels {
namespace {

struct Chunk {
  int64_t begin = 0, rows = 0;
  at::Tensor of(const at::Tensor& tensor) const { return tensor.narrow(0, begin, rows); }
};

std::vector<Chunk> chunks_of(int64_t num_rows, int64_t chunk_rows) {
  std::vector<Chunk> chunks;
  for (int64_t begin = 0; begin < num_rows; begin += chunk_rows) {
    chunks.push_back({begin, std::min(chunk_rows, num_rows - begin)});
  }
  return chunks;
}

at::Tensor scaled_logits(const at::Tensor& hidden_CD, const at::Tensor& weight_VD,
                         double temperature) {
  at::Tensor logits_CV = matmul_transposed(hidden_CD, weight_VD);
  return temperature == 1.0 ? logits_CV : logits_CV.div_(temperature);
}

class TokenLogprobFunction : public torch::autograd::Function<TokenLogprobFunction> {
 public:
  static torch::autograd::variable_list forward(torch::autograd::AutogradContext* ctx,
                                                const at::Tensor& hidden_TD,
                                                const at::Tensor& weight_VD,
                                                const at::Tensor& labels_T, double temperature,
                                                int64_t chunk_rows) {
    at::Tensor logprob_T = at::empty({hidden_TD.size(0)}, hidden_TD.options());
    at::Tensor entropy_T = at::empty_like(logprob_T);
    for (const Chunk& chunk : chunks_of(hidden_TD.size(0), chunk_rows)) {
      at::Tensor logp_CV = scaled_logits(chunk.of(hidden_TD), weight_VD, temperature);
      logp_CV.sub_(at::logsumexp(logp_CV, 1, /*keepdim=*/true));
      const at::Tensor label_C1 = chunk.of(labels_T).unsqueeze(1);
      chunk.of(logprob_T).copy_(logp_CV.gather(1, label_C1).squeeze(1));
      // p log p is 0 where p underflows to 0, even for a logit of -inf.
      const at::Tensor p_CV = logp_CV.exp();
      chunk.of(entropy_T).copy_(p_CV.mul_(logp_CV.clamp_min_(-1e30)).sum(1).neg_());
    }
    ctx->save_for_backward({hidden_TD, weight_VD, labels_T});
    ctx->saved_data["temperature"] = temperature;
    ctx->saved_data["chunk_rows"] = chunk_rows;
    ctx->mark_non_differentiable({entropy_T});
    return {logprob_T, entropy_T};
  }

  // dlogits = g / temperature * (onehot(label) - p), made in the buffer of the logits.
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &hidden_TD = saved[0], &weight_VD = saved[1], &labels_T = saved[2];
    const double temperature = ctx->saved_data["temperature"].toDouble();
    const bool needs_hidden = ctx->needs_input_grad(0), needs_weight = ctx->needs_input_grad(1);
    const at::Tensor scale_T = grads[0] / temperature;
    at::Tensor dhidden_TD, dweight_VD;
    if (needs_hidden) dhidden_TD = at::empty_like(hidden_TD);
    if (needs_weight) dweight_VD = at::zeros_like(weight_VD);
    for (const Chunk& chunk : chunks_of(hidden_TD.size(0), ctx->saved_data["chunk_rows"].toInt())) {
      const at::Tensor logits_CV = scaled_logits(chunk.of(hidden_TD), weight_VD, temperature);
      at::Tensor dlogits_CV = at::softmax(logits_CV, 1);
      const at::Tensor scale_C1 = chunk.of(scale_T).unsqueeze(1);
      dlogits_CV.mul_(scale_C1.neg()).scatter_add_(1, chunk.of(labels_T).unsqueeze(1), scale_C1);
      if (needs_hidden) {
        chunk.of(dhidden_TD).copy_(matmul_transposed(dlogits_CV, weight_VD.t()));
      }
      if (needs_weight) dweight_VD.add_(matmul_transposed(dlogits_CV.t(), chunk.of(hidden_TD).t()));
    }
    return {dhidden_TD, dweight_VD, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

void check_arguments(const at::Tensor& hidden_TD, const at::Tensor& weight_VD,
                     const at::Tensor& labels_T, double temperature, int64_t chunk_rows) {
  core::check_shape(hidden_TD, {core::kAnySize, core::kAnySize}, "token_logprob: hidden");
  core::check_shape(weight_VD, {core::kAnySize, hidden_TD.size(1)}, "token_logprob: weight");
  core::check_dtype(weight_VD, hidden_TD.scalar_type(), "token_logprob: weight");
  core::check_shape(labels_T, {hidden_TD.size(0)}, "token_logprob: labels");
  core::check_dtype(labels_T, at::kLong, "token_logprob: labels");
  RETRACE_CHECK(temperature > 0, "token_logprob: temperature must be above 0, is {}", temperature);
  RETRACE_CHECK(chunk_rows > 0, "token_logprob: chunk_rows must be above 0, is {}", chunk_rows);
  if (labels_T.numel() == 0) return;
  const auto [smallest, largest] = at::aminmax(labels_T);
  RETRACE_CHECK(smallest.item<int64_t>() >= 0 && largest.item<int64_t>() < weight_VD.size(0),
                "token_logprob: labels must be in [0, {}), are in [{}, {}]", weight_VD.size(0),
                smallest.item<int64_t>(), largest.item<int64_t>());
}

}  // namespace

TokenLogprob token_logprob(const at::Tensor& hidden_TD, const at::Tensor& weight_VD,
                           const at::Tensor& labels_T, double temperature, int64_t chunk_rows) {
  check_arguments(hidden_TD, weight_VD, labels_T, temperature, chunk_rows);
  auto outputs =
      TokenLogprobFunction::apply(hidden_TD, weight_VD, labels_T, temperature, chunk_rows);
  return {outputs[0], outputs[1]};
}

}  // namespace retrace::kernels
