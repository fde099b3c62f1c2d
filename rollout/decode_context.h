// How attention works while sampling: prefill keeps the prompt's keys and values, decode appends to
// them.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/attention_plan.h"
#include "kernels/decode_attention.h"
#include "model/qwen_vl.h"
#include "rollout/kv_slabs.h"

namespace retrace::rollout {

// One prompt, causal. Layers must be attended in order; afterwards take_prefix() holds what they
// saw.
class PrefillContext : public model::AttentionContext {
 public:
  explicit PrefillContext(int64_t num_tokens);
  at::Tensor attend(int64_t layer, const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                    const at::Tensor& v_TMH) override;
  PrefixKv take_prefix() { return std::move(prefix_); }

 private:
  kernels::AttentionPlan plan_;
  PrefixKv prefix_;
};

// Where one row of the tile reads and writes.
struct DecodeSlot {
  const PrefixKv* prefix = nullptr;  // not owned; nullptr: no prefix
  int64_t slab = 0;
  int64_t num_suffix_tokens =
      1;  // the new token included; its keys and values go to the last place
};

// One new token a row. Row b writes its key and value into its slab, then attends to prefix and
// suffix.
class DecodeContext : public model::AttentionContext {
 public:
  // Both outlive the context.
  DecodeContext(const SuffixSlabs& slabs, const std::vector<DecodeSlot>& slots);
  at::Tensor attend(int64_t layer, const at::Tensor& q_BNH, const at::Tensor& k_BMH,
                    const at::Tensor& v_BMH) override;

 private:
  const SuffixSlabs& slabs_;
  const std::vector<DecodeSlot>& slots_;
  std::vector<kernels::DecodeRow> rows_;
};

}  // namespace retrace::rollout
