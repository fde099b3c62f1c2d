#include "model/vision_tower.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/linear.h"
#include "kernels/packed_attention.h"
#include "model/vision_positions.h"

// P patches, E vision width, N heads, H head dim, R merged rows, D language width.

namespace retrace::model {
namespace {

constexpr double kNormEps = 1e-6;  // fixed by the architecture, not in config.json

// x * sigmoid(1.702 x)
at::Tensor quick_gelu(const at::Tensor& x) {
  return x * at::sigmoid(x * 1.702);
}

template <class Norm>
at::Tensor normalise(const Norm& norm, const Weights& weights, const at::Tensor& x) {
  return std::visit([&](const auto& kind) { return kind(weights, x); }, norm);
}

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

VisionTower::VisionTower(const VisionConfig& config, const ParameterIndex& index)
    : config_(config),
      patch_weight_(index("visual.patch_embed.proj.weight")),
      merger_(make_merger(index, "visual.merger.", /*norm_is_last=*/false)) {
  if (config.patch_bias) patch_bias_ = index("visual.patch_embed.proj.bias");
  if (config.num_positions > 0) positions_ = index("visual.pos_embed.weight");
  const VisionNames names = vision_names(config.mlp);
  for (int64_t number = 0; number < config.depth; ++number) {
    const std::string prefix = fmt::format("visual.blocks.{}.", number);
    Block block{.norm1 = make_norm(index, prefix + "norm1"),
                .norm2 = make_norm(index, prefix + "norm2"),
                .qkv = {index, prefix + "attn.qkv", true},
                .proj = {index, prefix + "attn.proj", true},
                .mlp_in = {index, fmt::format("{}{}", prefix, names.mlp_in), true},
                .mlp_out = {index, fmt::format("{}{}", prefix, names.mlp_out), true},
                .mlp_gate = {}};
    if (!names.mlp_gate.empty()) {
      block.mlp_gate.emplace(index, fmt::format("{}{}", prefix, names.mlp_gate), true);
    }
    blocks_.push_back(std::move(block));
  }
  for (size_t feature = 0; feature < config.deepstack_blocks.size(); ++feature) {
    deepstack_mergers_.push_back(
        make_merger(index, fmt::format("visual.deepstack_merger_list.{}.", feature),
                    /*norm_is_last=*/true));
  }
}

VisionTower::Norm VisionTower::make_norm(const ParameterIndex& index,
                                         const std::string& name) const {
  if (config_.norm == VisionNorm::kRmsNorm) return RmsNorm(index, name, kNormEps);
  return LayerNorm(index, name, kNormEps);
}

VisionTower::Merger VisionTower::make_merger(const ParameterIndex& index, const std::string& name,
                                             bool norm_is_last) const {
  const VisionNames names = vision_names(config_.mlp);
  return {.norm = make_norm(index, fmt::format("{}{}", name, names.merger_norm)),
          .norm_is_last = norm_is_last,
          .in = {index, fmt::format("{}{}", name, names.merger_in), true},
          .out = {index, fmt::format("{}{}", name, names.merger_out), true}};
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

VisionTower::Geometry VisionTower::make_geometry(const std::vector<GridThw>& grids) const {
  Geometry geometry;
  geometry.frame_pairs = frame_pair_boundaries(grids);
  at::Tensor coordinates_P2 = patch_coordinates(grids, config_.spatial_merge_size);
  if (config_.window_size > 0) {
    const int64_t window_units =
        config_.window_size / config_.spatial_merge_size / config_.patch_size;
    geometry.windows = make_vision_windows(grids, config_.spatial_merge_size, window_units);
    coordinates_P2 = reorder_units(coordinates_P2, geometry.windows->units_U);
  }
  geometry.rotary = kernels::vision_rotary_table(coordinates_P2, config_.head_dim());
  return geometry;
}

// A convolution whose stride is its kernel is one matrix product over flattened patches.
at::Tensor VisionTower::embed_patches(const Weights& weights, const at::Tensor& pixel_values,
                                      const std::vector<GridThw>& grids) const {
  const at::Tensor weight =
      weights.at(patch_weight_).view({config_.embed_dim, config_.patch_values()});
  const at::Tensor x_PE =
      kernels::linear(pixel_values, weight, patch_bias_ ? weights.at(*patch_bias_) : at::Tensor());
  if (!positions_) return x_PE;
  return x_PE + interpolate_positions(weights.at(*positions_), grids, config_.spatial_merge_size);
}

at::Tensor VisionTower::attend(const Weights& weights, const Block& block, const at::Tensor& x_PE,
                               const kernels::RotaryTable& rotary,
                               const std::vector<int64_t>& boundaries) const {
  const auto qkv = block.qkv(weights, normalise(block.norm1, weights, x_PE))
                       .view({x_PE.size(0), 3, config_.num_heads, config_.head_dim()})
                       .unbind(1);
  const at::Tensor out_PNH =
      kernels::block_attention(kernels::apply_rotary(qkv[0], rotary),
                               kernels::apply_rotary(qkv[1], rotary), qkv[2], boundaries);
  return block.proj(weights, out_PNH.reshape({x_PE.size(0), config_.embed_dim}));
}

at::Tensor VisionTower::feed_forward(const Weights& weights, const Block& block,
                                     const at::Tensor& x_PE) const {
  const at::Tensor normed_PE = normalise(block.norm2, weights, x_PE);
  const at::Tensor inner = block.mlp_in(weights, normed_PE);
  switch (config_.mlp) {
    case VisionMlp::kQuickGelu:
      return block.mlp_out(weights, quick_gelu(inner));
    case VisionMlp::kGeluTanh:
      return block.mlp_out(weights, at::gelu(inner, "tanh"));
    case VisionMlp::kSwiGlu:
      return block.mlp_out(weights, at::silu((*block.mlp_gate)(weights, normed_PE)) * inner);
  }
  return {};
}

at::Tensor VisionTower::merge(const Weights& weights, const Merger& merger,
                              const at::Tensor& x_PE) const {
  const int64_t merged = config_.spatial_merge_size * config_.spatial_merge_size;
  const auto join = [&](const at::Tensor& x) {
    return x.reshape({x_PE.size(0) / merged, config_.merged_width()});
  };
  const at::Tensor joined = merger.norm_is_last ? normalise(merger.norm, weights, join(x_PE))
                                                : join(normalise(merger.norm, weights, x_PE));
  return merger.out(weights, at::gelu(merger.in(weights, joined)));
}

at::Tensor VisionTower::forward(const Weights& weights, const at::Tensor& pixel_values,
                                const std::vector<GridThw>& grids) const {
  check_inputs(pixel_values, grids);
  const Geometry geometry = make_geometry(grids);
  at::Tensor x_PE = embed_patches(weights, pixel_values, grids);
  if (geometry.windows) x_PE = reorder_units(x_PE, geometry.windows->units_U);
  std::vector<at::Tensor> deepstack;
  for (int64_t number = 0; number < config_.depth; ++number) {
    const Block& block = blocks_[static_cast<size_t>(number)];
    const bool in_windows = geometry.windows && !config_.sees_whole_frames(number);
    x_PE = x_PE + attend(weights, block, x_PE, geometry.rotary,
                         in_windows ? geometry.windows->boundaries : geometry.frame_pairs);
    x_PE = x_PE + feed_forward(weights, block, x_PE);
    if (deepstack.size() < deepstack_mergers_.size() &&
        config_.deepstack_blocks[deepstack.size()] == number) {
      deepstack.push_back(merge(weights, deepstack_mergers_[deepstack.size()], x_PE));
    }
  }
  at::Tensor rows_RD = merge(weights, merger_, x_PE);
  if (!deepstack.empty()) {
    deepstack.insert(deepstack.begin(), rows_RD);
    rows_RD = at::cat(deepstack, 1);
  }
  return geometry.windows ? rows_RD.index_select(0, geometry.windows->places_U) : rows_RD;
}

}  // namespace retrace::model
