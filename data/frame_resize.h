// Resampling of frames; which size they get is in data/smart_resize.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace retrace::data {

struct FrameSize {
  int64_t height, width;  // pixels
};

// Antialiased bicubic (Keys' cubic, a = -0.5, support widened when shrinking, half-pixel centres)
// on uint8, in one of the two ways that torchvision has on CPU. They differ where the first pass
// overshoots [0, 255]: by up to 17 levels on noise, rarely by more than 1 on real pictures.
enum class ResizeArithmetic {
  kFloat32,  // torchvision.transforms.functional.resize, which qwen-vl-utils calls: float32 in both
             // passes, clamped and rounded (half to even) once, at the end
  kUint8     // torchvision.transforms.v2.functional.resize, which the processors of transformers
             // call: 15-bit fixed-point weights, rounded and clamped after each pass
};

// Equal to torchvision's bytes. Same result on every processor. Frames of the right size come back
// as they are.
at::Tensor resize_frames(const at::Tensor& frames_FCYX, FrameSize size,
                         ResizeArithmetic arithmetic = ResizeArithmetic::kFloat32);

}  // namespace retrace::data
