#include "data/image_reader.h"

#include <ATen/ATen.h>

#include <fstream>
#include <vector>

#include "core/error.h"
#include "data/image_color.h"
#include "data/smart_resize.h"

namespace retrace::data {
namespace {

using core::DataError;
using core::throw_;
namespace fs = std::filesystem;

constexpr uintmax_t kMaxFileBytes = uintmax_t{1} << 29;

std::vector<uint8_t> read_bytes(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw_<DataError>("{}: no such image file; is the path right?", file.string());
  const uintmax_t size = fs::file_size(file, error);
  if (error || size == 0 || size > kMaxFileBytes) {
    throw_<DataError>("{}: expected an image file of 1 byte to {} MiB, found {} bytes",
                      file.string(), kMaxFileBytes >> 20, error ? 0 : size);
  }
  // The decoders may read a little beyond the end.
  std::vector<uint8_t> bytes(size + AV_INPUT_BUFFER_PADDING_SIZE, 0);
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size)))
    throw_<DataError>("{}: cannot be read", file.string());
  return bytes;
}

AVCodecID codec_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return AV_CODEC_ID_MJPEG;
    case ImageFormat::kPng:
      return AV_CODEC_ID_PNG;
    case ImageFormat::kWebp:
      return AV_CODEC_ID_WEBP;
    case ImageFormat::kBmp:
      return AV_CODEC_ID_BMP;
    case ImageFormat::kGif:
      return AV_CODEC_ID_GIF;
    case ImageFormat::kUnknown:
      break;
  }
  return AV_CODEC_ID_NONE;
}

UniqueCodec open_decoder(ImageFormat format, int64_t max_source_pixels) {
  prepare_ffmpeg();
  const AVCodec* decoder = avcodec_find_decoder(codec_of(format));
  if (decoder == nullptr) throw_<DataError>("this FFmpeg has no decoder for the format");
  UniqueCodec codec(avcodec_alloc_context3(decoder));
  RETRACE_CHECK(codec != nullptr, "no memory for a decoder");
  codec->thread_count = 1;
  codec->max_pixels = max_source_pixels;
  codec->idct_algo = FF_IDCT_INT;  // the one of libjpeg
  codec->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
  RETRACE_AV_CHECK(avcodec_open2(codec.get(), decoder, nullptr), "decoder {}", decoder->name);
  return codec;
}

UniqueFrame decode(std::vector<uint8_t>& bytes, size_t size, ImageFormat format,
                   int64_t max_source_pixels) {
  const UniqueCodec codec = open_decoder(format, max_source_pixels);
  const UniquePacket packet(av_packet_alloc());
  UniqueFrame frame(av_frame_alloc());
  RETRACE_CHECK(packet && frame, "no memory for an image");
  packet->data = bytes.data();  // borrowed: the packet owns no buffer
  packet->size = static_cast<int>(size);
  packet->flags = AV_PKT_FLAG_KEY;
  int status = avcodec_send_packet(codec.get(), packet.get());
  if (status >= 0) status = avcodec_receive_frame(codec.get(), frame.get());
  if (status == AVERROR(EAGAIN) && avcodec_send_packet(codec.get(), nullptr) >= 0)
    status = avcodec_receive_frame(codec.get(), frame.get());
  if (codec->width > 0 && codec->height > 0 &&
      static_cast<int64_t>(codec->width) * codec->height > max_source_pixels) {
    throw_<DataError>("{} x {} pixels, more than the {} allowed; scale it down", codec->width,
                      codec->height, max_source_pixels);
  }
  if (status < 0) {
    throw_<DataError>("cannot be decoded ({}); is it damaged, or larger than {} pixels?",
                      av_error_text(status), max_source_pixels);
  }
  if (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0)
    throw_<DataError>("parts of it cannot be decoded; is it cut off?");
  return frame;
}

// Pillow's exif_transpose, on [3, Y, X].
at::Tensor turn_upright(const at::Tensor& rgb_CYX, int orientation) {
  switch (orientation) {
    case 2:
      return rgb_CYX.flip({2});
    case 3:
      return rgb_CYX.flip({1, 2});
    case 4:
      return rgb_CYX.flip({1});
    case 5:
      return rgb_CYX.transpose(1, 2);
    case 6:
      return rgb_CYX.transpose(1, 2).flip({2});
    case 7:
      return rgb_CYX.transpose(1, 2).flip({1, 2});
    case 8:
      return rgb_CYX.transpose(1, 2).flip({1});
    default:
      return rgb_CYX;
  }
}

at::Tensor read_pixels(std::vector<uint8_t>& bytes, const ImageOptions& options) {
  const size_t size = bytes.size() - AV_INPUT_BUFFER_PADDING_SIZE;
  const std::span<const uint8_t> content(bytes.data(), size);
  const ImageFormat format = detect_image_format(content);
  if (format == ImageFormat::kUnknown)
    throw_<DataError>("no image that can be read; expected JPEG, PNG, WebP, BMP or GIF");
  if (is_cut_off(content, format)) throw_<DataError>("cut off before its end; copy it again");
  if (is_animated_webp(content))
    throw_<DataError>("an animated WebP, which is not supported; save one picture of it");
  const bool as_transformers = options.reading == ImageReading::kTransformers;
  const int orientation = as_transformers ? exif_orientation(content, format) : 1;
  const UniqueFrame frame = decode(bytes, size, format, options.max_source_pixels);
  at::Tensor rgb = at::empty({3, frame->height, frame->width}, at::kByte);
  image_to_rgb(*frame, format, as_transformers ? AlphaRule::kDrop : AlphaRule::kOnWhite,
               rgb.mutable_data_ptr<uint8_t>());
  return turn_upright(rgb, orientation).contiguous();
}

}  // namespace

void validate(const ImageOptions& options) {
  using core::ConfigError;
  if (options.resize_factor < 1)
    throw_<ConfigError>("resize_factor: must be at least 1, is {}", options.resize_factor);
  if (options.min_pixels < 1)
    throw_<ConfigError>("min_pixels: must be at least 1, is {}", options.min_pixels);
  if (options.max_pixels < options.min_pixels) {
    throw_<ConfigError>("max_pixels: must be at least min_pixels ({}), is {}", options.min_pixels,
                        options.max_pixels);
  }
  if (options.max_source_pixels < 1)
    throw_<ConfigError>("max_source_pixels: must be at least 1, is {}", options.max_source_pixels);
}

at::Tensor read_image(const fs::path& file, const ImageOptions& options) {
  validate(options);
  std::vector<uint8_t> bytes = read_bytes(file);
  try {
    return read_pixels(bytes, options);
  } catch (const DataError& error) {
    throw_<DataError>("{}: {}", file.string(), error.what());
  }
}

at::Tensor load_image(const fs::path& file, const ImageOptions& options) {
  const at::Tensor rgb_CYX = read_image(file, options);
  const ResizeLimits limits = {ResizeRule::kProcessor, options.resize_factor, options.min_pixels,
                               options.max_pixels};
  try {
    const FrameSize size = target_size(1, rgb_CYX.size(1), rgb_CYX.size(2), limits);
    return resize_frames(rgb_CYX.unsqueeze(0), size, ResizeArithmetic::kUint8);
  } catch (const DataError& error) {
    throw_<DataError>("{}: {}", file.string(), error.what());
  }
}

}  // namespace retrace::data
