// Owning aliases for the FFmpeg types we touch, and the error check. Included by data/*.cc only.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

#include "core/error.h"

namespace retrace::data {

struct FormatInputDeleter {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
};
struct FormatOutputDeleter {
  void operator()(AVFormatContext* p) const { avformat_free_context(p); }
};
struct CodecDeleter {
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
};
struct FrameDeleter {
  void operator()(AVFrame* p) const { av_frame_free(&p); }
};
struct PacketDeleter {
  void operator()(AVPacket* p) const { av_packet_free(&p); }
};
struct ScaleDeleter {
  void operator()(SwsContext* p) const { sws_freeContext(p); }
};
// A growing buffer opened with avio_open_dyn_buf.
struct MemoryOutputDeleter {
  void operator()(AVIOContext* p) const {
    uint8_t* bytes = nullptr;
    avio_close_dyn_buf(p, &bytes);
    av_free(bytes);
  }
};
using UniqueFormatInput = std::unique_ptr<AVFormatContext, FormatInputDeleter>;
using UniqueFormatOutput = std::unique_ptr<AVFormatContext, FormatOutputDeleter>;
using UniqueCodec = std::unique_ptr<AVCodecContext, CodecDeleter>;
using UniqueFrame = std::unique_ptr<AVFrame, FrameDeleter>;
using UniquePacket = std::unique_ptr<AVPacket, PacketDeleter>;
using UniqueScale = std::unique_ptr<SwsContext, ScaleDeleter>;
using UniqueMemoryOutput = std::unique_ptr<AVIOContext, MemoryOutputDeleter>;

inline std::string av_error_text(int status) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(status, text, sizeof(text));
  return text;
}

// FFmpeg and libx264 print to stderr by themselves; our errors are exceptions. And a few bytes of a
// header can announce tables of gigabytes, which are allocated before they are read: one block of
// memory stays below a bound far above any honest table or frame.
inline void prepare_ffmpeg() {
  constexpr size_t kMaxBlockBytes = size_t{1} << 30;
  av_log_set_level(AV_LOG_QUIET);
  av_max_alloc(kMaxBlockBytes);
}

}  // namespace retrace::data

// Throws DataError "<what>: <FFmpeg's text>" if `status` is negative.
#define RETRACE_AV_CHECK(status, ...)                         \
  do {                                                        \
    const int retrace_av_status = (status);                   \
    if (retrace_av_status < 0) {                              \
      ::retrace::core::throw_<::retrace::core::DataError>(    \
          "{}: {}", ::fmt::format(__VA_ARGS__),               \
          ::retrace::data::av_error_text(retrace_av_status)); \
    }                                                         \
  } while (false)
