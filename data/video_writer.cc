#include "data/video_writer.h"

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "core/shape.h"
#include "data/ffmpeg_handles.h"

namespace retrace::data {
namespace {

constexpr int kMaxFpsDenominator = 1001000;  // holds 24000/1001 and its like exactly
constexpr int64_t kMaxSide = 16384;          // pixels; what H.264 in libx264 takes

void check_arguments(const std::filesystem::path& file, const at::Tensor& frames_FCYX,
                     const VideoWriterOptions& options) {
  core::check_shape(frames_FCYX, {core::kAnySize, 3, core::kAnySize, core::kAnySize}, "frames");
  core::check_dtype(frames_FCYX, at::kByte, "frames");
  const int64_t num_frames = frames_FCYX.size(0);
  const int64_t height = frames_FCYX.size(2), width = frames_FCYX.size(3);
  const auto fail = [&](std::string_view message) {
    core::throw_<core::DataError>("{}: cannot write the video: {}", file.string(), message);
  };
  if (num_frames < 1) fail("it has no frames; give at least one");
  if (height < 2 || width < 2 || height % 2 != 0 || width % 2 != 0 || height > kMaxSide ||
      width > kMaxSide) {
    fail(fmt::format("both sides must be even and in [2, {}] pixels, found {} x {}", kMaxSide,
                     width, height));
  }
  if (!(options.fps >= 0.01 && options.fps <= 1000)) {
    fail(fmt::format("fps must be in [0.01, 1000], is {}", options.fps));
  }
  if (options.crf < 0 || options.crf > 51) {
    fail(fmt::format("crf must be in [0, 51], is {}", options.crf));
  }
  if (options.keyframe_interval < 1 || options.keyframe_interval > 100000) {
    fail(fmt::format("keyframe_interval must be in [1, 100000] frames, is {}",
                     options.keyframe_interval));
  }
}

// RGB planes of one size to yuv420p, BT.601 limited range.
class ColorConverter {
 public:
  ColorConverter(int width, int height) : rgb_(av_frame_alloc()), yuv_(av_frame_alloc()) {
    allocate(*rgb_, AV_PIX_FMT_GBRP, width, height);
    allocate(*yuv_, AV_PIX_FMT_YUV420P, width, height);
    yuv_->colorspace = AVCOL_SPC_SMPTE170M;
    yuv_->color_range = AVCOL_RANGE_MPEG;
    scale_.reset(sws_getContext(width, height, AV_PIX_FMT_GBRP, width, height, AV_PIX_FMT_YUV420P,
                                SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP, nullptr,
                                nullptr, nullptr));
    RETRACE_CHECK(scale_ != nullptr, "no conversion from RGB to yuv420p at {} x {}", width, height);
    const int* bt601 = sws_getCoefficients(SWS_CS_ITU601);
    constexpr int kFullRange = 1, kLimitedRange = 0, kOne = 1 << 16;
    sws_setColorspaceDetails(scale_.get(), bt601, kFullRange, bt601, kLimitedRange, 0, kOne, kOne);
  }

  // The frame stays owned by the converter; the encoder keeps its own reference if it needs the
  // data longer.
  AVFrame* convert(const at::Tensor& frame_CYX, int64_t pts) {
    const uint8_t* pixels = frame_CYX.const_data_ptr<uint8_t>();
    const int64_t height = rgb_->height, width = rgb_->width;
    constexpr int kPlaneOfChannel[3] = {2, 0, 1};  // R, G, B in FFmpeg's order G, B, R
    for (int64_t channel = 0; channel < 3; ++channel) {
      const int plane = kPlaneOfChannel[channel];
      for (int64_t y = 0; y < height; ++y) {
        std::memcpy(rgb_->data[plane] + y * rgb_->linesize[plane],
                    pixels + (channel * height + y) * width, static_cast<size_t>(width));
      }
    }
    RETRACE_AV_CHECK(av_frame_make_writable(yuv_.get()), "frame buffer");
    RETRACE_AV_CHECK(sws_scale(scale_.get(), rgb_->data, rgb_->linesize, 0, rgb_->height,
                               yuv_->data, yuv_->linesize),
                     "colour conversion");
    yuv_->pts = pts;
    return yuv_.get();
  }

 private:
  static void allocate(AVFrame& frame, AVPixelFormat format, int width, int height) {
    frame.format = format;
    frame.width = width;
    frame.height = height;
    RETRACE_AV_CHECK(av_frame_get_buffer(&frame, 0), "frame buffer of {} x {}", width, height);
  }

  UniqueFrame rgb_, yuv_;
  UniqueScale scale_;
};

UniqueCodec open_encoder(int width, int height, AVRational fps, const VideoWriterOptions& options) {
  const AVCodec* codec = avcodec_find_encoder_by_name("libx264");
  if (codec == nullptr) {
    core::throw_<core::DataError>(
        "this FFmpeg has no libx264 encoder; install a libavcodec built with it (Debian: "
        "libavcodec59)");
  }
  UniqueCodec encoder(avcodec_alloc_context3(codec));
  encoder->width = width;
  encoder->height = height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->time_base = av_inv_q(fps);
  encoder->framerate = fps;
  encoder->gop_size = static_cast<int>(options.keyframe_interval);
  encoder->max_b_frames = 0;
  encoder->thread_count = 1;
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->colorspace = AVCOL_SPC_SMPTE170M;
  encoder->color_primaries = AVCOL_PRI_SMPTE170M;
  encoder->color_trc = AVCOL_TRC_SMPTE170M;
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;  // mp4 keeps the parameter sets in its header
  av_opt_set(encoder->priv_data, "preset", "veryfast", 0);
  av_opt_set_int(encoder->priv_data, "crf", options.crf, 0);
  // Keyframes exactly every gop_size frames, also across cuts.
  av_opt_set_int(encoder->priv_data, "sc_threshold", 0, 0);
  RETRACE_AV_CHECK(avcodec_open2(encoder.get(), codec, nullptr), "libx264 for {} x {} at {} fps",
                   width, height, av_q2d(fps));
  return encoder;
}

// An mp4 file in memory with one video stream.
class MemoryMp4 {
 public:
  explicit MemoryMp4(const AVCodecContext& encoder) {
    AVFormatContext* format = nullptr;
    RETRACE_AV_CHECK(avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr),
                     "mp4 writer");
    format_.reset(format);
    AVIOContext* bytes = nullptr;
    RETRACE_AV_CHECK(avio_open_dyn_buf(&bytes), "memory for the mp4 file");
    bytes_.reset(bytes);
    format_->pb = bytes_.get();
    format_->flags |=
        AVFMT_FLAG_BITEXACT;  // the same frames give the same file: no version, no date
    stream_ = avformat_new_stream(format_.get(), nullptr);
    RETRACE_CHECK(stream_ != nullptr, "no memory for a stream");
    stream_->time_base = encoder.time_base;
    stream_->avg_frame_rate = encoder.framerate;
    RETRACE_AV_CHECK(avcodec_parameters_from_context(stream_->codecpar, &encoder), "mp4 stream");
    RETRACE_AV_CHECK(avformat_write_header(format_.get(), nullptr), "mp4 header");
  }

  void write(AVPacket& packet, AVRational packet_time_base) {
    packet.stream_index = stream_->index;
    if (packet.duration == 0) packet.duration = 1;
    av_packet_rescale_ts(&packet, packet_time_base, stream_->time_base);
    RETRACE_AV_CHECK(av_interleaved_write_frame(format_.get(), &packet), "mp4 packet");
  }

  // The whole file; nothing may be written afterwards.
  std::string finish() {
    RETRACE_AV_CHECK(av_write_trailer(format_.get()), "mp4 trailer");
    format_->pb = nullptr;
    uint8_t* bytes = nullptr;
    const int size = avio_close_dyn_buf(bytes_.release(), &bytes);
    std::string content(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
    av_free(bytes);
    return content;
  }

 private:
  UniqueMemoryOutput bytes_;
  UniqueFormatOutput format_;
  AVStream* stream_ = nullptr;
};

// Sends one frame (nullptr: end of stream) and writes what the encoder has ready.
void encode(AVCodecContext& encoder, const AVFrame* frame, AVPacket& packet, MemoryMp4& mp4) {
  RETRACE_AV_CHECK(avcodec_send_frame(&encoder, frame), "libx264 frame");
  while (true) {
    const int status = avcodec_receive_packet(&encoder, &packet);
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) return;
    RETRACE_AV_CHECK(status, "libx264 packet");
    mp4.write(packet, encoder.time_base);
  }
}

std::string encode_mp4(const at::Tensor& frames_FCYX, const VideoWriterOptions& options) {
  const int height = static_cast<int>(frames_FCYX.size(2));
  const int width = static_cast<int>(frames_FCYX.size(3));
  const UniqueCodec encoder =
      open_encoder(width, height, av_d2q(options.fps, kMaxFpsDenominator), options);
  MemoryMp4 mp4(*encoder);
  ColorConverter converter(width, height);
  const UniquePacket packet(av_packet_alloc());
  for (int64_t i = 0; i < frames_FCYX.size(0); ++i) {
    encode(*encoder, converter.convert(frames_FCYX[i], i), *packet, mp4);
  }
  encode(*encoder, nullptr, *packet, mp4);
  return mp4.finish();
}

}  // namespace

void write_video(const std::filesystem::path& file, const at::Tensor& frames_FCYX,
                 const VideoWriterOptions& options) {
  check_arguments(file, frames_FCYX, options);
  prepare_ffmpeg();
  try {
    core::write_file_atomically(file, encode_mp4(frames_FCYX.contiguous().cpu(), options));
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: cannot write the video: {}", file.string(), error.what());
  }
}

}  // namespace retrace::data
