// Memory for keys and values: one prefix a group, one suffix a row of the tile.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace retrace::rollout {

// Keys and values of one prompt, shared by its group.
struct PrefixKv {
  std::vector<at::Tensor> keys;    // one a layer, [P, M, H] float32 contiguous
  std::vector<at::Tensor> values;  // likewise
  int64_t num_tokens() const { return keys.empty() ? 0 : keys.front().size(0); }
};

// Keys and values of the completions, one slab a row. A slab is not cleared when its row gets
// another sequence: a sequence writes token t before it reads tokens [0, t].
class SuffixSlabs {
 public:
  // Throws ConfigError if the memory cannot be had.
  SuffixSlabs(int64_t num_slabs, int64_t num_layers, int64_t max_new_tokens, int64_t num_kv_heads,
              int64_t head_dim);

  // [max_new_tokens, M, H] of one slab in one layer.
  float* keys(int64_t layer, int64_t slab) const { return keys_ + offset(layer, slab); }
  float* values(int64_t layer, int64_t slab) const { return values_ + offset(layer, slab); }
  int64_t token_values() const { return token_values_; }  // M * H

 private:
  int64_t offset(int64_t layer, int64_t slab) const {
    return (layer * num_slabs_ + slab) * slab_values_;
  }

  int64_t num_slabs_, token_values_, slab_values_;
  at::Tensor memory_;  // [2, layers, slabs, max_new_tokens, M, H] float32: keys, then values
  float* keys_ = nullptr;
  float* values_ = nullptr;
};

}  // namespace retrace::rollout
