// The vision tower of every family: patches of frame pairs -> embeddings in the language model's
// width. The configuration says which norm, MLP and positions it has, whether blocks see windows,
// and which of them feed decoder layers (deepstack).
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <variant>
#include <vector>

#include "kernels/rotary.h"
#include "model/layers.h"
#include "model/model_config.h"
#include "model/vision_preprocess.h"
#include "model/vision_windows.h"
#include "model/weights.h"

namespace retrace::model {

class VisionTower {
 public:
  VisionTower(const VisionConfig& config, const ParameterIndex& index);

  // pixel_values [patches of all grids, C*2*p*p] -> [R, K*D] with R = patches / merge_size^2 and K
  // = num_outputs(): the tokens, then the deepstack features as further column blocks. A patch sees
  // patches of its own frame pair only. Throws InternalError where pixels and grids disagree.
  at::Tensor forward(const Weights& weights, const at::Tensor& pixel_values,
                     const std::vector<GridThw>& grids) const;

 private:
  using Norm = std::variant<LayerNorm, RmsNorm>;
  struct Block {
    Norm norm1, norm2;
    Linear qkv, proj, mlp_in, mlp_out;
    std::optional<Linear> mlp_gate;
  };
  struct Merger {
    Norm norm;
    bool norm_is_last;  // over the joined patches of a token, not over each patch
    Linear in, out;
  };
  // What all blocks share.
  struct Geometry {
    kernels::RotaryTable rotary;
    std::vector<int64_t> frame_pairs;  // first patch of every frame pair, and the end
    std::optional<VisionWindows> windows;
  };

  Norm make_norm(const ParameterIndex& index, const std::string& name) const;
  Merger make_merger(const ParameterIndex& index, const std::string& name, bool norm_is_last) const;
  void check_inputs(const at::Tensor& pixel_values, const std::vector<GridThw>& grids) const;
  Geometry make_geometry(const std::vector<GridThw>& grids) const;
  at::Tensor embed_patches(const Weights& weights, const at::Tensor& pixel_values,
                           const std::vector<GridThw>& grids) const;
  at::Tensor attend(const Weights& weights, const Block& block, const at::Tensor& x_PE,
                    const kernels::RotaryTable& rotary,
                    const std::vector<int64_t>& boundaries) const;
  at::Tensor feed_forward(const Weights& weights, const Block& block, const at::Tensor& x_PE) const;
  at::Tensor merge(const Weights& weights, const Merger& merger, const at::Tensor& x_PE) const;

  VisionConfig config_;
  size_t patch_weight_ = 0;
  std::optional<size_t> patch_bias_, positions_;
  std::vector<Block> blocks_;
  Merger merger_;
  std::vector<Merger> deepstack_mergers_;  // one a deepstack block
};

}  // namespace retrace::model
