#include "data/frame_converter.h"

#include "core/error.h"

namespace retrace::data {
namespace {

bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ411P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

// The numbers of AVColorSpace and of SWS_CS_* agree for the matrices swscale knows.
const int* yuv_coefficients(AVColorSpace colorspace) {
  const bool is_known = colorspace == AVCOL_SPC_BT709 || colorspace == AVCOL_SPC_FCC ||
                        colorspace == AVCOL_SPC_SMPTE240M || colorspace == AVCOL_SPC_BT2020_NCL ||
                        colorspace == AVCOL_SPC_BT2020_CL;
  return sws_getCoefficients(is_known ? static_cast<int>(colorspace) : SWS_CS_ITU601);
}

// Packed RGB24 to planes, turned: a step to the next stored pixel or row is a step of `step_x` or
// `step_y` bytes in the output.
void write_upright(const AVFrame& rgb, const Orientation& orientation, uint8_t* out_CYX) {
  const int64_t width = rgb.width, height = rgb.height, plane = width * height;
  const int64_t out_width = orientation.transpose ? height : width;
  const int64_t out_height = orientation.transpose ? width : height;
  const int64_t along_row = orientation.flip_x ? -1 : 1;
  const int64_t along_column = orientation.flip_y ? -out_width : out_width;
  const int64_t step_x = orientation.transpose ? along_column : along_row;
  const int64_t step_y = orientation.transpose ? along_row : along_column;
  uint8_t* first = out_CYX + (orientation.flip_x ? out_width - 1 : 0) +
                   (orientation.flip_y ? (out_height - 1) * out_width : 0);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* packed = rgb.data[0] + y * rgb.linesize[0];
    uint8_t* out = first + y * step_y;
    for (int64_t x = 0; x < width; ++x, out += step_x) {
      out[0] = packed[3 * x];
      out[plane] = packed[3 * x + 1];
      out[2 * plane] = packed[3 * x + 2];
    }
  }
}

}  // namespace

void FrameConverter::prepare(const AVFrame& frame) {
  if (scale_ && format_ == frame.format && width_ == frame.width && height_ == frame.height &&
      colorspace_ == frame.colorspace && range_ == frame.color_range) {
    return;
  }
  scale_.reset(sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format),
                              frame.width, frame.height, AV_PIX_FMT_RGB24, SWS_BICUBIC, nullptr,
                              nullptr, nullptr));
  if (!scale_) {
    const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(frame.format));
    core::throw_<core::DataError>("pixel format {} cannot be converted to RGB",
                                  name != nullptr ? name : "unknown");
  }
  constexpr int kFullRange = 1, kOne = 1 << 16;
  // Refused for RGB input, which has no matrix to set.
  sws_setColorspaceDetails(scale_.get(), yuv_coefficients(frame.colorspace), is_full_range(frame),
                           sws_getCoefficients(SWS_CS_ITU601), kFullRange, 0, kOne, kOne);
  rgb_.reset(av_frame_alloc());
  RETRACE_CHECK(rgb_ != nullptr, "no memory for a frame");
  rgb_->format = AV_PIX_FMT_RGB24;
  rgb_->width = frame.width;
  rgb_->height = frame.height;
  RETRACE_AV_CHECK(av_frame_get_buffer(rgb_.get(), 0), "frame buffer of {} x {}", frame.width,
                   frame.height);
  format_ = frame.format;
  width_ = frame.width;
  height_ = frame.height;
  colorspace_ = frame.colorspace;
  range_ = frame.color_range;
}

void FrameConverter::convert(const AVFrame& frame, uint8_t* rgb_CYX) {
  prepare(frame);
  RETRACE_AV_CHECK(sws_scale(scale_.get(), frame.data, frame.linesize, 0, frame.height, rgb_->data,
                             rgb_->linesize),
                   "colour conversion");
  write_upright(*rgb_, orientation_, rgb_CYX);
}

}  // namespace retrace::data
