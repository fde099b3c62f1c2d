#include "kernels/packed_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <limits>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/packed_layout.h"

// T packed rows, N query heads, M key heads, H head dim, S segments of a batch, L rows of the
// longest, R rows of a set, P rows of a prefix.

namespace retrace::kernels {
namespace {

struct Partial {
  at::Tensor out_RNH, lse_RN;
};

struct PartialGrads {
  at::Tensor dq_RNH, dk_PNH, dv_PNH;
};

// ---- rows of the packed tensors <-> rows of one part
// -----------------------------------------------------------

at::Tensor take(const at::Tensor& packed, const RowSet& set) {
  return set.rows.defined() ? packed.index_select(0, set.rows)
                            : packed.narrow(0, set.begin, set.count);
}

void put(const at::Tensor& packed, const RowSet& set, const at::Tensor& values) {
  if (set.rows.defined()) {
    packed.index_copy_(0, set.rows, values);
  } else {
    packed.narrow(0, set.begin, set.count).copy_(values);
  }
}

void add(const at::Tensor& packed, const RowSet& set, const at::Tensor& values) {
  if (set.rows.defined()) {
    packed.index_add_(0, set.rows, values);
  } else {
    packed.narrow(0, set.begin, set.count).add_(values);
  }
}

// [T, N, H] -> [S, N, L, H], the layout of the attention kernel (a view of row-major places).
at::Tensor take_batch(const at::Tensor& packed_TNH, const SegmentBatch& batch) {
  const at::Tensor places = batch.row_of_place.defined()
                                ? packed_TNH.index_select(0, batch.row_of_place)
                                : take(packed_TNH, batch.rows);
  return places
      .view({batch.num_segments, batch.padded_length, packed_TNH.size(1), packed_TNH.size(2)})
      .transpose(1, 2);
}

// [S, N, L, ...] -> [R, N, ...] without the padding.
at::Tensor rows_of(const at::Tensor& batched, const SegmentBatch& batch) {
  at::Tensor places = batched.transpose(1, 2).flatten(0, 1);
  return batch.place_of_row.defined() ? places.index_select(0, batch.place_of_row) : places;
}

at::Tensor as_single_batch(const at::Tensor& rows_RNH) {
  return rows_RNH.unsqueeze(0).transpose(1, 2);
}

at::Tensor repeat_heads(const at::Tensor& x_TMH, int64_t repeats) {
  if (repeats == 1) return x_TMH.contiguous();
  const int64_t T = x_TMH.size(0), M = x_TMH.size(1), H = x_TMH.size(2);
  return x_TMH.unsqueeze(2).expand({T, M, repeats, H}).reshape({T, M * repeats, H});
}

at::Tensor sum_heads(const at::Tensor& x_TNH, int64_t repeats) {
  if (repeats == 1) return x_TNH;
  return x_TNH.view({x_TNH.size(0), x_TNH.size(1) / repeats, repeats, x_TNH.size(2)}).sum(2);
}

// ---- the two kinds of part
// -------------------------------------------------------------------------------------

struct Tensors {  // k and v with heads repeated
  at::Tensor q_TNH, k_TNH, v_TNH;
};

Partial attend_own(const Tensors& in, const SegmentBatch& batch) {
  const auto [out_SNLH, lse_SNL] = at::_scaled_dot_product_flash_attention_for_cpu(
      take_batch(in.q_TNH, batch), take_batch(in.k_TNH, batch), take_batch(in.v_TNH, batch),
      /*dropout_p=*/0.0, /*is_causal=*/true);
  return {rows_of(out_SNLH, batch), rows_of(lse_SNL, batch)};
}

Partial attend_prefix(const Tensors& in, const PrefixPart& part) {
  const auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(
      as_single_batch(take(in.q_TNH, part.rows)),
      as_single_batch(in.k_TNH.narrow(0, part.prefix_begin, part.prefix_length)),
      as_single_batch(in.v_TNH.narrow(0, part.prefix_begin, part.prefix_length)));
  return {out.squeeze(0).transpose(0, 1), lse.squeeze(0).t()};
}

struct Merged {
  at::Tensor out_TNH, lse_TN, grad_TNH;
};

// Padding rows get lse = +inf, so that their probabilities, and with them all their gradients, are
// 0.
PartialGrads backward_own(const Tensors& in, const Merged& merged, const SegmentBatch& batch) {
  at::Tensor lse_SNL = take_batch(merged.lse_TN.unsqueeze(2), batch).squeeze(3);
  if (batch.is_padding.defined()) {
    lse_SNL.masked_fill_(batch.is_padding.view({batch.num_segments, 1, batch.padded_length}),
                         std::numeric_limits<double>::infinity());
  }
  const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      take_batch(merged.grad_TNH, batch), take_batch(in.q_TNH, batch), take_batch(in.k_TNH, batch),
      take_batch(in.v_TNH, batch), take_batch(merged.out_TNH, batch), lse_SNL, /*dropout_p=*/0.0,
      /*is_causal=*/true);
  return {rows_of(dq, batch), rows_of(dk, batch), rows_of(dv, batch)};
}

PartialGrads backward_prefix(const Tensors& in, const Merged& merged, const PrefixPart& part) {
  const auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      as_single_batch(take(merged.grad_TNH, part.rows)), as_single_batch(take(in.q_TNH, part.rows)),
      as_single_batch(in.k_TNH.narrow(0, part.prefix_begin, part.prefix_length)),
      as_single_batch(in.v_TNH.narrow(0, part.prefix_begin, part.prefix_length)),
      as_single_batch(take(merged.out_TNH, part.rows)),
      take(merged.lse_TN, part.rows).t().unsqueeze(0), /*dropout_p=*/0.0, /*is_causal=*/false);
  return {dq.squeeze(0).transpose(0, 1), dk.squeeze(0).transpose(0, 1),
          dv.squeeze(0).transpose(0, 1)};
}

// ---- all parts
// -------------------------------------------------------------------------------------------------

Partial attend_all(const Tensors& in, const PackedLayout& layout) {
  Partial all{at::empty_like(in.q_TNH),
              at::empty({in.q_TNH.size(0), in.q_TNH.size(1)}, in.q_TNH.options())};
  for (const SegmentBatch& batch : layout.own) {
    const Partial own = attend_own(in, batch);
    put(all.out_RNH, batch.rows, own.out_RNH);
    put(all.lse_RN, batch.rows, own.lse_RN);
  }
  for (const PrefixPart& part : layout.prefixes) {
    const Partial prefix = attend_prefix(in, part);
    const at::Tensor own_out = take(all.out_RNH, part.rows), own_lse = take(all.lse_RN, part.rows);
    // e^(lse_b - lse) = 1 / (1 + e^(lse_a - lse_b)): the weight of the prefix part.
    const at::Tensor weight_RN1 = at::sigmoid(prefix.lse_RN - own_lse).unsqueeze(2);
    put(all.out_RNH, part.rows, at::lerp(own_out, prefix.out_RNH, weight_RN1));
    put(all.lse_RN, part.rows, at::logaddexp(own_lse, prefix.lse_RN));
  }
  return all;
}

PartialGrads backward_all(const Tensors& in, const Merged& merged, const PackedLayout& layout) {
  PartialGrads all{at::empty_like(in.q_TNH), at::empty_like(in.q_TNH), at::empty_like(in.q_TNH)};
  for (const SegmentBatch& batch : layout.own) {
    const PartialGrads own = backward_own(in, merged, batch);
    put(all.dq_RNH, batch.rows, own.dq_RNH);
    put(all.dk_PNH, batch.rows, own.dk_PNH);
    put(all.dv_PNH, batch.rows, own.dv_PNH);
  }
  for (const PrefixPart& part : layout.prefixes) {
    const PartialGrads grads = backward_prefix(in, merged, part);
    add(all.dq_RNH, part.rows, grads.dq_RNH);
    all.dk_PNH.narrow(0, part.prefix_begin, part.prefix_length).add_(grads.dk_PNH);
    all.dv_PNH.narrow(0, part.prefix_begin, part.prefix_length).add_(grads.dv_PNH);
  }
  return all;
}

struct LayoutHolder : torch::CustomClassHolder {
  explicit LayoutHolder(std::shared_ptr<const PackedLayout> held) : layout(std::move(held)) {}
  std::shared_ptr<const PackedLayout> layout;
};

class PackedAttention : public torch::autograd::Function<PackedAttention> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& q_TNH,
                            const at::Tensor& k_TMH, const at::Tensor& v_TMH,
                            const std::shared_ptr<const PackedLayout>& layout) {
    const int64_t repeats = q_TNH.size(1) / k_TMH.size(1);
    const Tensors in{q_TNH.contiguous(), repeat_heads(k_TMH, repeats),
                     repeat_heads(v_TMH, repeats)};
    Partial all = attend_all(in, *layout);
    ctx->save_for_backward({in.q_TNH, k_TMH, v_TMH, all.out_RNH, all.lse_RN});
    ctx->saved_data["layout"] =
        c10::IValue::make_capsule(c10::make_intrusive<LayoutHolder>(layout));
    return all.out_RNH;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const auto holder =
        c10::static_intrusive_pointer_cast<LayoutHolder>(ctx->saved_data["layout"].toCapsule());
    const int64_t repeats = saved[0].size(1) / saved[1].size(1);
    const Tensors in{saved[0], repeat_heads(saved[1], repeats), repeat_heads(saved[2], repeats)};
    const Merged merged{saved[3], saved[4], grads[0].contiguous()};
    const PartialGrads all = backward_all(in, merged, *holder->layout);
    return {all.dq_RNH, sum_heads(all.dk_PNH, repeats), sum_heads(all.dv_PNH, repeats),
            at::Tensor()};
  }
};

void check_tensors(const at::Tensor& q_TNH, const at::Tensor& k_TMH, const at::Tensor& v_TMH,
                   int64_t num_rows) {
  core::check_shape(q_TNH, {num_rows, core::kAnySize, core::kAnySize}, "packed_attention: q");
  core::check_shape(k_TMH, {num_rows, core::kAnySize, q_TNH.size(2)}, "packed_attention: k");
  core::check_shape(v_TMH, {num_rows, k_TMH.size(1), q_TNH.size(2)}, "packed_attention: v");
  core::check_dtype(k_TMH, q_TNH.scalar_type(), "packed_attention: k");
  core::check_dtype(v_TMH, q_TNH.scalar_type(), "packed_attention: v");
  RETRACE_CHECK(q_TNH.scalar_type() == at::kFloat || q_TNH.scalar_type() == at::kDouble,
                "packed_attention: q must be float32 or float64, is {}",
                at::toString(q_TNH.scalar_type()));
  RETRACE_CHECK(k_TMH.size(1) > 0 && q_TNH.size(1) % k_TMH.size(1) == 0,
                "packed_attention: {} query heads are not a multiple of {} key heads",
                q_TNH.size(1), k_TMH.size(1));
}

}  // namespace

at::Tensor packed_attention(const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                            const at::Tensor& v_TMH,
                            const std::shared_ptr<const PackedLayout>& layout) {
  RETRACE_CHECK(layout != nullptr, "packed_attention: no layout");
  check_tensors(q_TNH, k_TMH, v_TMH, layout->num_rows);
  return PackedAttention::apply(q_TNH, k_TMH, v_TMH, layout);
}

at::Tensor packed_attention(const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                            const at::Tensor& v_TMH, const AttentionPlan& plan) {
  return packed_attention(q_TNH, k_TMH, v_TMH,
                          std::make_shared<const PackedLayout>(make_packed_layout(plan)));
}

}  // namespace retrace::kernels
