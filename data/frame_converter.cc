#include "data/frame_converter.h"

#include <cstring>

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

// swscale writes planes several times as fast as packed pixels: it has vector code for them alone.
// The values are the same for every format with separate chroma, which a test checks; grey and RGB
// go other ways inside it, where they are not.
bool has_chroma(AVPixelFormat format) {
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  constexpr uint64_t kOther = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BAYER;
  return description != nullptr && description->nb_components >= 3 &&
         (description->flags & kOther) == 0;
}

// The bytes of one colour: pixel x of row y at data + y * stride + x * step.
struct ColourPlane {
  const uint8_t* data;
  int64_t stride, step;
};

ColourPlane colour_plane(const AVFrame& rgb, int colour) {
  if (rgb.format == AV_PIX_FMT_RGB24) return {rgb.data[0] + colour, rgb.linesize[0], 3};
  constexpr int kPlaneOfColour[] = {2, 0, 1};  // GBRP
  const int plane = kPlaneOfColour[colour];
  return {rgb.data[plane], rgb.linesize[plane], 1};
}

// One colour, turned: a step to the next stored pixel or row is a step of `step_x` or `step_y`
// bytes in the output.
void write_upright(const ColourPlane& in, int64_t height, int64_t width,
                   const Orientation& orientation, uint8_t* out_YX) {
  const int64_t out_width = orientation.transpose ? height : width;
  const int64_t out_height = orientation.transpose ? width : height;
  const int64_t along_row = orientation.flip_x ? -1 : 1;
  const int64_t along_column = orientation.flip_y ? -out_width : out_width;
  const int64_t step_x = orientation.transpose ? along_column : along_row;
  const int64_t step_y = orientation.transpose ? along_row : along_column;
  uint8_t* first = out_YX + (orientation.flip_x ? out_width - 1 : 0) +
                   (orientation.flip_y ? (out_height - 1) * out_width : 0);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* row = in.data + y * in.stride;
    uint8_t* out = first + y * step_y;
    if (in.step == 1 && step_x == 1) {
      std::memcpy(out, row, static_cast<size_t>(width));
      continue;
    }
    for (int64_t x = 0; x < width; ++x) out[x * step_x] = row[x * in.step];
  }
}

}  // namespace

void FrameConverter::prepare(const AVFrame& frame) {
  if (scale_ && format_ == frame.format && width_ == frame.width && height_ == frame.height &&
      colorspace_ == frame.colorspace && range_ == frame.color_range) {
    return;
  }
  const auto source = static_cast<AVPixelFormat>(frame.format);
  const AVPixelFormat target = has_chroma(source) ? AV_PIX_FMT_GBRP : AV_PIX_FMT_RGB24;
  scale_.reset(sws_getContext(frame.width, frame.height, source, frame.width, frame.height, target,
                              SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr,
                              nullptr));
  if (!scale_) {
    const char* name = av_get_pix_fmt_name(source);
    core::throw_<core::DataError>("pixel format {} cannot be converted to RGB",
                                  name != nullptr ? name : "unknown");
  }
  constexpr int kFullRange = 1, kOne = 1 << 16;
  // Refused for RGB input, which has no matrix to set.
  sws_setColorspaceDetails(scale_.get(), yuv_coefficients(frame.colorspace), is_full_range(frame),
                           sws_getCoefficients(SWS_CS_ITU601), kFullRange, 0, kOne, kOne);
  rgb_.reset(av_frame_alloc());
  RETRACE_CHECK(rgb_ != nullptr, "no memory for a frame");
  rgb_->format = target;
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
  const int64_t plane = static_cast<int64_t>(frame.height) * frame.width;
  for (int colour = 0; colour < 3; ++colour) {
    write_upright(colour_plane(*rgb_, colour), frame.height, frame.width, orientation_,
                  rgb_CYX + colour * plane);
  }
}

}  // namespace retrace::data
