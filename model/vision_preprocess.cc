#include "model/vision_preprocess.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "core/shape.h"

namespace retrace::model {

namespace {

// 255 times the values, rounded as the reference rounds: to float32 before the product and after.
at::Tensor byte_scaled(const std::array<double, 3>& values) {
  at::Tensor scaled = at::empty({1, 3, 1}, at::kFloat);
  for (size_t i = 0; i < 3; ++i)
    scaled.data_ptr<float>()[i] = static_cast<float>(values[i]) * 255.0f;
  return scaled;
}

void check_frames(const at::Tensor& frames, const VisionConfig& config) {
  core::check_dtype(frames, at::kByte, "frames");
  core::check_shape(frames, {core::kAnySize, config.in_channels, core::kAnySize, core::kAnySize},
                    "frames");
  RETRACE_CHECK(config.in_channels == 3, "frames are RGB, the model takes {} channels",
                config.in_channels);
  const int64_t multiple = config.patch_size * config.spatial_merge_size;
  RETRACE_CHECK(frames.size(0) > 0, "frames: expected at least one");
  RETRACE_CHECK(frames.size(2) > 0 && frames.size(2) % multiple == 0 && frames.size(3) > 0 &&
                    frames.size(3) % multiple == 0,
                "frames: expected height and width that are multiples of {}, found {} x {}; resize "
                "them first",
                multiple, frames.size(2), frames.size(3));
}

at::Tensor repeat_last_frame_to_multiple(const at::Tensor& frames, int64_t multiple) {
  const int64_t num_frames = frames.size(0);
  const int64_t missing = (multiple - num_frames % multiple) % multiple;
  if (missing == 0) return frames;
  return at::cat({frames, frames.narrow(0, num_frames - 1, 1).expand({missing, -1, -1, -1})});
}

}  // namespace

VisionPatches make_patches(const at::Tensor& frames_FCYX, const VisionConfig& config,
                           const PixelNorm& norm) {
  check_frames(frames_FCYX, config);
  const at::NoGradGuard no_grad;
  const at::Tensor frames = repeat_last_frame_to_multiple(frames_FCYX, config.temporal_patch_size);
  const int64_t channels = config.in_channels;
  const int64_t frames_per_row = config.temporal_patch_size;
  const int64_t patch = config.patch_size;
  const int64_t merge = config.spatial_merge_size;
  const GridThw grid = {frames.size(0) / frames_per_row, frames.size(2) / patch,
                        frames.size(3) / patch};

  const at::Tensor bytes = frames
                               .reshape({grid.t, frames_per_row, channels, grid.h / merge, merge,
                                         patch, grid.w / merge, merge, patch})
                               .permute({0, 3, 6, 4, 7, 2, 1, 5, 8})
                               .reshape({grid.num_patches(), channels, -1});  // [N, C, 2*14*14]
  at::Tensor values = bytes.to(at::kFloat);
  values.sub_(byte_scaled(norm.mean)).div_(byte_scaled(norm.std));
  return {values.view({grid.num_patches(), config.patch_values()}), {grid}};
}

VisionPatches join_patches(std::span<const VisionPatches> items) {
  VisionPatches joined;
  std::vector<at::Tensor> rows;
  for (const VisionPatches& item : items) {
    if (!item.pixel_values.defined()) continue;
    rows.push_back(item.pixel_values);
    joined.grids.insert(joined.grids.end(), item.grids.begin(), item.grids.end());
  }
  if (rows.size() == 1) joined.pixel_values = rows.front();
  if (rows.size() > 1) joined.pixel_values = at::cat(rows, 0);
  return joined;
}

}  // namespace retrace::model
