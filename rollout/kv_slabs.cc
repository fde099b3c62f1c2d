#include "rollout/kv_slabs.h"

#include <ATen/ATen.h>

#include "core/error.h"

namespace retrace::rollout {
namespace {

at::Tensor allocate(int64_t num_slabs, int64_t num_layers, int64_t max_new_tokens,
                    int64_t token_values) {
  try {
    return at::empty({2, num_layers, num_slabs, max_new_tokens, token_values}, at::kFloat);
  } catch (const c10::Error&) {
    const double gigabytes = 2.0 * static_cast<double>(num_layers) *
                             static_cast<double>(num_slabs) * static_cast<double>(max_new_tokens) *
                             static_cast<double>(token_values) * sizeof(float) / 1e9;
    core::throw_<core::ConfigError>(
        "rollout: keys and values of {} sequences of {} new tokens need {:.1f} GB, which this "
        "machine does not give; "
        "lower rollout.tile_rows or rollout.max_new_tokens",
        num_slabs, max_new_tokens, gigabytes);
  }
}

}  // namespace

SuffixSlabs::SuffixSlabs(int64_t num_slabs, int64_t num_layers, int64_t max_new_tokens,
                         int64_t num_kv_heads, int64_t head_dim)
    : num_slabs_(num_slabs),
      token_values_(num_kv_heads * head_dim),
      slab_values_(max_new_tokens * token_values_),
      memory_(allocate(num_slabs, num_layers, max_new_tokens, token_values_)) {
  keys_ = memory_.data_ptr<float>();
  values_ = keys_ + num_layers * num_slabs_ * slab_values_;
}

}  // namespace retrace::rollout
