#include "model/vision_tower.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/linear.h"
#include "kernels/packed_attention.h"

// P patches, E vision width, N heads, H head dim, R merged rows, D language width.

namespace retrace::model {
namespace {

constexpr double kLayerNormEps = 1e-6;  // fixed by the architecture, not in config.json

// x * sigmoid(1.702 x)
at::Tensor quick_gelu(const at::Tensor& x) {
  return x * at::sigmoid(x * 1.702);
}

// First row of every frame pair of every video, and the end.
std::vector<int64_t> frame_pair_boundaries(const std::vector<GridThw>& grids) {
  std::vector<int64_t> boundaries = {0};
  for (const GridThw& grid : grids) {
    for (int64_t pair = 0; pair < grid.t; ++pair) {
      boundaries.push_back(boundaries.back() + grid.h * grid.w);
    }
  }
  return boundaries;
}

}  // namespace

at::Tensor patch_coordinates(const std::vector<GridThw>& grids, int64_t merge_size) {
  int64_t num_patches = 0;
  for (const GridThw& grid : grids) num_patches += grid.num_patches();
  at::Tensor coordinates_P2 = at::empty({num_patches, 2}, at::kLong);
  int64_t* next = coordinates_P2.mutable_data_ptr<int64_t>();
  for (const GridThw& grid : grids) {
    const int64_t blocks_across = grid.w / merge_size, block_patches = merge_size * merge_size;
    for (int64_t patch = 0; patch < grid.num_patches(); ++patch) {
      const int64_t in_frame = patch % (grid.h * grid.w);
      const int64_t block = in_frame / block_patches, inside = in_frame % block_patches;
      *next++ = block / blocks_across * merge_size + inside / merge_size;
      *next++ = block % blocks_across * merge_size + inside % merge_size;
    }
  }
  return coordinates_P2;
}

VisionTower::VisionTower(const VisionConfig& config, const ParameterIndex& index)
    : config_(config),
      patch_weight_(index("visual.patch_embed.proj.weight")),
      merger_norm_(index, "visual.merger.ln_q", kLayerNormEps),
      merger_in_(index, "visual.merger.mlp.0", true),
      merger_out_(index, "visual.merger.mlp.2", true) {
  for (int64_t block = 0; block < config.depth; ++block) {
    const std::string name = fmt::format("visual.blocks.{}.", block);
    blocks_.push_back({.norm1 = {index, name + "norm1", kLayerNormEps},
                       .norm2 = {index, name + "norm2", kLayerNormEps},
                       .qkv = {index, name + "attn.qkv", true},
                       .proj = {index, name + "attn.proj", true},
                       .fc1 = {index, name + "mlp.fc1", true},
                       .fc2 = {index, name + "mlp.fc2", true}});
  }
}

void VisionTower::check_inputs(const at::Tensor& pixel_values,
                               const std::vector<GridThw>& grids) const {
  int64_t num_patches = 0;
  for (const GridThw& grid : grids) {
    RETRACE_CHECK(
        grid.t > 0 && grid.h > 0 && grid.w > 0 && grid.h % config_.spatial_merge_size == 0 &&
            grid.w % config_.spatial_merge_size == 0,
        "vision tower: grid ({}, {}, {}) must be positive, with rows and columns multiples "
        "of {}",
        grid.t, grid.h, grid.w, config_.spatial_merge_size);
    num_patches += grid.num_patches();
  }
  RETRACE_CHECK(num_patches > 0, "vision tower: no grids");
  core::check_shape(pixel_values, {num_patches, config_.patch_values()},
                    "vision tower: pixel_values");
  core::check_dtype(pixel_values, at::kFloat, "vision tower: pixel_values");
}

at::Tensor VisionTower::attend(const Weights& weights, const Block& block, const at::Tensor& x_PE,
                               const kernels::RotaryTable& rotary,
                               const std::vector<int64_t>& boundaries) const {
  const int64_t head_dim = config_.embed_dim / config_.num_heads;
  const auto qkv = block.qkv(weights, block.norm1(weights, x_PE))
                       .view({x_PE.size(0), 3, config_.num_heads, head_dim})
                       .unbind(1);
  const at::Tensor out_PNH =
      kernels::block_attention(kernels::apply_rotary(qkv[0], rotary),
                               kernels::apply_rotary(qkv[1], rotary), qkv[2], boundaries);
  return block.proj(weights, out_PNH.reshape({x_PE.size(0), config_.embed_dim}));
}

at::Tensor VisionTower::merge(const Weights& weights, const at::Tensor& x_PE) const {
  const int64_t merged = config_.spatial_merge_size * config_.spatial_merge_size;
  const at::Tensor rows =
      merger_norm_(weights, x_PE).reshape({x_PE.size(0) / merged, merged * config_.embed_dim});
  return merger_out_(weights, at::gelu(merger_in_(weights, rows)));
}

at::Tensor VisionTower::forward(const Weights& weights, const at::Tensor& pixel_values,
                                const std::vector<GridThw>& grids) const {
  check_inputs(pixel_values, grids);
  const std::vector<int64_t> boundaries = frame_pair_boundaries(grids);
  const kernels::RotaryTable rotary = kernels::vision_rotary_table(
      patch_coordinates(grids, config_.spatial_merge_size), config_.embed_dim / config_.num_heads);
  // A convolution whose stride is its kernel is one matrix product over flattened patches.
  const at::Tensor patch_weight =
      weights.at(patch_weight_).view({config_.embed_dim, config_.patch_values()});
  at::Tensor x_PE = kernels::linear(pixel_values, patch_weight);
  for (const Block& block : blocks_) {
    x_PE = x_PE + attend(weights, block, x_PE, rotary, boundaries);
    const at::Tensor inner = quick_gelu(block.fc1(weights, block.norm2(weights, x_PE)));
    x_PE = x_PE + block.fc2(weights, inner);
  }
  return merge(weights, x_PE);
}

}  // namespace retrace::model
