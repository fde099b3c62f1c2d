#include "rollout/decode_context.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.h"
#include "kernels/packed_attention.h"

namespace retrace::rollout {

PrefillContext::PrefillContext(int64_t num_tokens)
    : plan_(kernels::single_segment_plan(num_tokens)) {}

at::Tensor PrefillContext::attend(int64_t layer, const at::Tensor& q_TNH, const at::Tensor& k_TMH,
                                  const at::Tensor& v_TMH) {
  RETRACE_CHECK(layer == static_cast<int64_t>(prefix_.keys.size()),
                "prefill: layer {} after {} layers", layer, prefix_.keys.size());
  prefix_.keys.push_back(k_TMH.contiguous());
  prefix_.values.push_back(v_TMH.contiguous());
  return kernels::packed_attention(q_TNH, k_TMH, v_TMH, plan_);
}

DecodeContext::DecodeContext(const SuffixSlabs& slabs, const std::vector<DecodeSlot>& slots)
    : slabs_(slabs), slots_(slots), rows_(slots.size()) {
  for (size_t row = 0; row < slots_.size(); ++row) {
    const DecodeSlot& slot = slots_[row];
    rows_[row].prefix_length = slot.prefix != nullptr ? slot.prefix->num_tokens() : 0;
    rows_[row].suffix_length = slot.num_suffix_tokens;
  }
}

at::Tensor DecodeContext::attend(int64_t layer, const at::Tensor& q_BNH, const at::Tensor& k_BMH,
                                 const at::Tensor& v_BMH) {
  RETRACE_CHECK(k_BMH.size(0) == static_cast<int64_t>(rows_.size()),
                "decode: {} rows of keys for {} slots", k_BMH.size(0), rows_.size());
  const at::Tensor keys = k_BMH.contiguous(), values = v_BMH.contiguous();
  const int64_t width = slabs_.token_values();
  for (size_t row = 0; row < rows_.size(); ++row) {
    const DecodeSlot& slot = slots_[row];
    float* suffix_keys = slabs_.keys(layer, slot.slab);
    float* suffix_values = slabs_.values(layer, slot.slab);
    const int64_t new_offset = (slot.num_suffix_tokens - 1) * width;
    std::copy_n(keys.const_data_ptr<float>() + static_cast<int64_t>(row) * width, width,
                suffix_keys + new_offset);
    std::copy_n(values.const_data_ptr<float>() + static_cast<int64_t>(row) * width, width,
                suffix_values + new_offset);
    rows_[row].suffix_keys = suffix_keys;
    rows_[row].suffix_values = suffix_values;
    if (slot.prefix != nullptr) {
      rows_[row].prefix_keys = slot.prefix->keys[layer].const_data_ptr<float>();
      rows_[row].prefix_values = slot.prefix->values[layer].const_data_ptr<float>();
    }
  }
  return kernels::decode_attention(q_BNH.contiguous(), rows_, k_BMH.size(1));
}

}  // namespace retrace::rollout
