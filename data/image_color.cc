#include "data/image_color.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "data/chroma_upsample.h"

namespace retrace::data {
namespace {

uint8_t clamp_to_byte(int value) {
  return static_cast<uint8_t>(std::clamp(value, 0, 255));
}

// (a * b) rounded over 255, as Pillow blends.
uint8_t blend(int below, int above, int alpha) {
  const int sum = below * (255 - alpha) + above * alpha + 128;
  return static_cast<uint8_t>(((sum >> 8) + sum) >> 8);
}

struct Rgb {
  uint8_t r, g, b;
};

// libjpeg's tables, with FIX(x) = x * 2^16 rounded.
Rgb jpeg_to_rgb(int y, int cb, int cr) {
  constexpr int kHalf = 1 << 15;
  cb -= 128;
  cr -= 128;
  return {clamp_to_byte(y + ((91881 * cr + kHalf) >> 16)),
          clamp_to_byte(y + ((-22554 * cb - 46802 * cr + kHalf) >> 16)),
          clamp_to_byte(y + ((116130 * cb + kHalf) >> 16))};
}

// libwebp's VP8YUVToRGB.
Rgb webp_to_rgb(int y, int u, int v) {
  const auto high = [](int value, int factor) { return (value * factor) >> 8; };
  const auto clip = [](int value) { return clamp_to_byte(value >> 6); };
  const int luma = high(y, 19077);
  return {clip(luma + high(v, 26149) - 14234), clip(luma - high(u, 6419) - high(v, 13320) + 8708),
          clip(luma + high(u, 33050) - 17685)};
}

void yuv_to_rgb(const AVFrame& frame, const AVPixFmtDescriptor& format, bool is_webp,
                uint8_t* rgb_CYX) {
  const int64_t width = frame.width, height = frame.height, plane = width * height;
  const ChromaShape shape = {width, height, format.log2_chroma_w, format.log2_chroma_h};
  const auto upsample = [&](int index) {
    return is_webp ? upsample_as_libwebp(frame.data[index], frame.linesize[index], shape)
                   : upsample_as_libjpeg(frame.data[index], frame.linesize[index], shape);
  };
  const std::vector<uint8_t> u = upsample(1), v = upsample(2);
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* luma = frame.data[0] + y * frame.linesize[0];
    for (int64_t x = 0; x < width; ++x) {
      const auto at = static_cast<size_t>(y * width + x);
      const Rgb rgb =
          is_webp ? webp_to_rgb(luma[x], u[at], v[at]) : jpeg_to_rgb(luma[x], u[at], v[at]);
      rgb_CYX[y * width + x] = rgb.r;
      rgb_CYX[plane + y * width + x] = rgb.g;
      rgb_CYX[2 * plane + y * width + x] = rgb.b;
    }
  }
}

// Channel `component` of a format without chroma, as bytes.
void read_channel(const AVFrame& frame, const AVPixFmtDescriptor& format, int component,
                  uint8_t* out_YX) {
  const bool has_palette = (format.flags & AV_PIX_FMT_FLAG_PAL) != 0;
  // A palette entry is a native 32-bit ARGB number: its bytes are blue, green, red, alpha.
  constexpr int kPaletteByte[4] = {2, 1, 0, 3};
  const int depth = has_palette ? 8 : format.comp[component].depth;
  const int largest = (1 << depth) - 1;
  const int source = has_palette ? kPaletteByte[component] : component;
  std::vector<uint16_t> line(static_cast<size_t>(frame.width));
  const uint8_t* data[4] = {frame.data[0], frame.data[1], frame.data[2], frame.data[3]};
  const int linesize[4] = {frame.linesize[0], frame.linesize[1], frame.linesize[2],
                           frame.linesize[3]};
  for (int y = 0; y < frame.height; ++y) {
    if (has_palette) {
      const uint8_t* indices = data[0] + y * linesize[0];
      for (int x = 0; x < frame.width; ++x)
        line[static_cast<size_t>(x)] = data[1][4 * indices[x] + source];
    } else {
      av_read_image_line(line.data(), data, linesize, &format, 0, y, source, frame.width, 0);
    }
    for (const uint16_t value : line) {
      *out_YX++ = static_cast<uint8_t>(depth == 16  ? value >> 8
                                       : depth == 8 ? value
                                                    : value * 255 / largest);
    }
  }
}

void lay_on_white(uint8_t* rgb_CYX, const uint8_t* alpha_YX, int64_t plane) {
  constexpr int kWhite = 255;
  for (int64_t channel = 0; channel < 3; ++channel) {
    uint8_t* values = rgb_CYX + channel * plane;
    for (int64_t i = 0; i < plane; ++i) values[i] = blend(kWhite, values[i], alpha_YX[i]);
  }
}

}  // namespace

void image_to_rgb(const AVFrame& frame, ImageFormat image, AlphaRule alpha, uint8_t* rgb_CYX) {
  const auto pixels = static_cast<AVPixelFormat>(frame.format);
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(pixels);
  RETRACE_CHECK(format != nullptr, "pixel format {}", frame.format);
  const int64_t plane = static_cast<int64_t>(frame.width) * frame.height;
  const bool is_palette = (format->flags & AV_PIX_FMT_FLAG_PAL) != 0;
  const bool is_rgb = is_palette || (format->flags & AV_PIX_FMT_FLAG_RGB) != 0;
  const bool is_grey = !is_rgb && format->nb_components <= 2;
  const bool has_alpha = (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
  const int depth = format->comp[0].depth;
  if ((is_grey && depth == 16) || depth > 16 || (!is_rgb && !is_grey && depth != 8)) {
    core::throw_<core::DataError>(
        "pixels of format {}: expected at most 8 bits of grey or YUV, or 16 of RGB; the reference "
        "would saturate them, convert the image to 8 bits",
        format->name);
  }
  if (!is_rgb && !is_grey) {
    yuv_to_rgb(frame, *format, image == ImageFormat::kWebp, rgb_CYX);
  } else {
    for (int channel = 0; channel < 3; ++channel)
      read_channel(frame, *format, is_grey ? 0 : channel, rgb_CYX + channel * plane);
  }
  if (alpha == AlphaRule::kDrop || !has_alpha || is_grey || is_palette) return;
  std::vector<uint8_t> alpha_YX(static_cast<size_t>(plane));
  if (is_rgb) {
    read_channel(frame, *format, 3, alpha_YX.data());
  } else {
    for (int y = 0; y < frame.height; ++y)
      std::memcpy(alpha_YX.data() + static_cast<int64_t>(y) * frame.width,
                  frame.data[3] + y * frame.linesize[3], static_cast<size_t>(frame.width));
  }
  lay_on_white(rgb_CYX, alpha_YX.data(), plane);
}

}  // namespace retrace::data
