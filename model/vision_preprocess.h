// From resized uint8 frames to the rows the vision tower takes.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "model/model_config.h"

namespace retrace::model {

struct GridThw {
  int64_t t = 0, h = 0, w = 0;  // frame pairs, patch rows, patch columns
  int64_t num_patches() const { return t * h * w; }
  int64_t num_tokens(int64_t merge_size) const { return t * h * w / (merge_size * merge_size); }
};

// What the vision tower takes: the rows of one or more images and videos, one after the other.
struct VisionPatches {
  at::Tensor pixel_values;     // [N, C*2*14*14] float32, rows in merge-block order (t, h block, w
                               // block, h in, w in); undefined without any image or video
  std::vector<GridThw> grids;  // one an image or video; their patches add up to N
};

// Mean and standard deviation of RGB in [0, 1].
struct PixelNorm {
  std::array<double, 3> mean, std;
};

// One video, or an image as a video of one frame: frames [F, 3, Y, X] uint8 with Y and X multiples
// of patch size x merge size; an odd last frame is repeated. Values are (x - 255 mean) / (255 std)
// in float32, the one-step form of the reference, so that they are the same to the last bit. Throws
// InternalError on other shapes.
VisionPatches make_patches(const at::Tensor& frames_FCYX, const VisionConfig& config,
                           const PixelNorm& norm);

// The items of a prompt as one input of the tower, in their order.
VisionPatches join_patches(std::span<const VisionPatches> items);

}  // namespace retrace::model
