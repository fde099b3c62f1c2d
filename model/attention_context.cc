#include "model/attention_context.h"

#include <ATen/ATen.h>

#include "kernels/packed_attention.h"

namespace retrace::model {

PackedContext::PackedContext(const kernels::AttentionPlan& plan)
    : layout_(std::make_shared<const kernels::PackedLayout>(kernels::make_packed_layout(plan))) {}

at::Tensor PackedContext::attend(int64_t /*layer*/, const at::Tensor& q_TNH,
                                 const at::Tensor& k_TMH, const at::Tensor& v_TMH) {
  return kernels::packed_attention(q_TNH, k_TMH, v_TMH, layout_);
}

}  // namespace retrace::model
