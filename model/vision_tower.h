// The vision tower of Qwen2-VL: patches of frame pairs -> embeddings in the language model's width.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "kernels/rotary.h"
#include "model/layers.h"
#include "model/model_config.h"
#include "model/vision_preprocess.h"
#include "model/weights.h"

namespace retrace::model {

// (row, column) of every patch, [patches, 2] int64, in merge-block order: the patches that become
// one token lie together, as make_patches() puts them.
at::Tensor patch_coordinates(const std::vector<GridThw>& grids, int64_t merge_size);

class VisionTower {
 public:
  VisionTower(const VisionConfig& config, const ParameterIndex& index);

  // pixel_values [patches of all grids, C*2*14*14] -> [patches / merge_size^2, D]. A patch sees the
  // patches of its own frame pair. Throws InternalError where pixels and grids disagree.
  at::Tensor forward(const Weights& weights, const at::Tensor& pixel_values,
                     const std::vector<GridThw>& grids) const;

 private:
  struct Block {
    LayerNorm norm1, norm2;
    Linear qkv, proj, fc1, fc2;
  };

  void check_inputs(const at::Tensor& pixel_values, const std::vector<GridThw>& grids) const;
  at::Tensor attend(const Weights& weights, const Block& block, const at::Tensor& x_PE,
                    const kernels::RotaryTable& rotary,
                    const std::vector<int64_t>& boundaries) const;
  at::Tensor merge(const Weights& weights, const at::Tensor& x_PE) const;

  VisionConfig config_;
  size_t patch_weight_ = 0;
  std::vector<Block> blocks_;
  LayerNorm merger_norm_;
  Linear merger_in_, merger_out_;
};

}  // namespace retrace::model
