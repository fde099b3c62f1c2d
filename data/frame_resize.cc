#include "data/frame_resize.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "core/shape.h"
#include "data/axis_filter.h"
#include "data/plane_resampler.h"

namespace retrace::data {
namespace {

template <class Weight>
void resample_planes(const at::Tensor& in_FCYX, PlaneResampler<Weight> resampler,
                     at::Tensor& out_FCYX) {
  const int64_t width = in_FCYX.size(3);
  const int64_t plane_in = in_FCYX.size(2) * width, plane_out = out_FCYX.stride(1);
  const uint8_t* in = in_FCYX.const_data_ptr<uint8_t>();
  uint8_t* out = out_FCYX.mutable_data_ptr<uint8_t>();
  for (int64_t plane = 0; plane < in_FCYX.size(0) * in_FCYX.size(1); ++plane) {
    resampler.run(in + plane * plane_in, width, out + plane * plane_out);
  }
}

}  // namespace

at::Tensor resize_frames(const at::Tensor& frames_FCYX, FrameSize size,
                         ResizeArithmetic arithmetic) {
  core::check_shape(frames_FCYX, {core::kAnySize, 3, core::kAnySize, core::kAnySize}, "frames");
  core::check_dtype(frames_FCYX, at::kByte, "frames");
  RETRACE_CHECK(size.height > 0 && size.width > 0, "frames to {} x {}", size.width, size.height);
  if (frames_FCYX.size(2) == size.height && frames_FCYX.size(3) == size.width) return frames_FCYX;
  const at::Tensor frames = frames_FCYX.contiguous();
  at::Tensor resized = at::empty({frames.size(0), 3, size.height, size.width}, at::kByte);
  const int64_t height = frames.size(2), width = frames.size(3);
  switch (arithmetic) {
    case ResizeArithmetic::kFloat32:
      resample_planes(frames,
                      PlaneResampler(make_float_filter(width, size.width),
                                     make_float_filter(height, size.height)),
                      resized);
      break;
    case ResizeArithmetic::kUint8:
      resample_planes(frames,
                      PlaneResampler(make_fixed_point_filter(width, size.width),
                                     make_fixed_point_filter(height, size.height)),
                      resized);
      break;
  }
  return resized;
}

}  // namespace retrace::data
