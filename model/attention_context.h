// How the queries of the decoder meet keys and values. Training, prefill and decode differ only in
// this.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "kernels/attention_plan.h"
#include "kernels/packed_layout.h"

namespace retrace::model {

// q [T, N, H], k and v [T, M, H], rotary applied; returns [T, N, H].
class AttentionContext {
 public:
  virtual ~AttentionContext() = default;
  virtual at::Tensor attend(int64_t layer, const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                            const at::Tensor& v_TMH) = 0;
};

// Training and scoring: all rows at once, masked by an attention plan.
class PackedContext : public AttentionContext {
 public:
  explicit PackedContext(const kernels::AttentionPlan& plan);
  at::Tensor attend(int64_t layer, const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                    const at::Tensor& v_TMH) override;

 private:
  std::shared_ptr<const kernels::PackedLayout> layout_;  // made once for all layers
};

}  // namespace retrace::model
