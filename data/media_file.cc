#include "data/media_file.h"

#include <system_error>
#include <utility>

#include "core/error.h"

namespace retrace::data {
namespace {

// Playlists, image sequences and text renderers of FFmpeg are left out: they can open other files,
// or turn a file that is no video into one.
constexpr const char* kContainers =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg,ivf,nut,mxf,gif,h264,hevc,"
    "m4v,mpegvideo,"
    "yuv4mpegpipe";

void check_is_readable_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    core::throw_<core::DataError>(
        "{}: no such video file; check the path and the video folder of the recipe", file.string());
  }
  // Opening a pipe or a device could block for ever, outside of what the deadline covers.
  if (!std::filesystem::is_regular_file(status)) {
    core::throw_<core::DataError>(
        "{}: expected a video file, found a {}", file.string(),
        std::filesystem::is_directory(status) ? "folder" : "special file");
  }
  if (std::filesystem::file_size(file, error) == 0 && !error) {
    core::throw_<core::DataError>(
        "{}: the video file is empty (0 bytes); copy or download it again", file.string());
  }
}

struct OptionsDeleter {
  void operator()(AVDictionary* p) const { av_dict_free(&p); }
};

}  // namespace

// The demuxer's own status does not tell: mkv's says "I/O error" of a file that is cut off, too.
void require_no_read_error(const AVIOContext& input, const std::filesystem::path& file) {
  if (input.error >= 0 || input.error == AVERROR_EOF) return;
  core::throw_<core::DataError>(
      "{}: expected to read it to its end, found \"{}\" near byte {}; check its disk or network "
      "share, or copy the file again",
      file.string(), av_error_text(input.error), input.pos);
}

MediaFile::MediaFile(std::shared_ptr<ReadGuard> guard) : guard_(std::move(guard)) {
  prepare_ffmpeg();
  check_is_readable_file(path());
  open();
  pick_stream();
}

int MediaFile::is_late(void* guard) {
  return static_cast<const ReadGuard*>(guard)->is_late() ? 1 : 0;
}

void MediaFile::check(int status, const char* what) const {
  if (status < 0) guard_->check_time();
  RETRACE_AV_CHECK(status, "{}: cannot be read as a video; {}", path().string(), what);
}

void MediaFile::open() {
  AVFormatContext* format = avformat_alloc_context();
  RETRACE_CHECK(format != nullptr, "no memory for a demuxer");
  format->interrupt_callback = {&MediaFile::is_late, guard_.get()};
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", kContainers, 0);
  const std::string url =
      "file:" + path().string();  // a bare name with a colon would be taken for a protocol
  const int status =
      avformat_open_input(&format, url.c_str(), nullptr, &options);  // frees format if it fails
  const std::unique_ptr<AVDictionary, OptionsDeleter> unused_options(options);
  if (status >= 0) format_.reset(format);
  check(status, "is it complete, and an mp4, mov, mkv, webm, avi or ts file?");
  check(avformat_find_stream_info(format_.get(), nullptr), "its streams are unreadable");
}

// FFmpeg's choice, as the reference readers take it, but never a cover picture.
void MediaFile::pick_stream() {
  const auto is_moving_picture = [this](int index) {
    const AVStream& stream = *format_->streams[index];
    return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
  };
  const int num_streams = static_cast<int>(format_->nb_streams);
  int index = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  if (index < 0 || !is_moving_picture(index)) {
    index = 0;
    while (index < num_streams && !is_moving_picture(index)) ++index;
  }
  if (index == num_streams) {
    core::throw_<core::DataError>(
        "{}: has no video stream (found {} other {}); is it an audio or subtitle file?",
        path().string(), num_streams, num_streams == 1 ? "stream" : "streams");
  }
  stream_ = format_->streams[index];
  for (int i = 0; i < num_streams; ++i) {
    if (i != index) format_->streams[i]->discard = AVDISCARD_ALL;
  }
}

bool MediaFile::read_packet(AVPacket& packet) {
  while (true) {
    guard_->check_time();
    av_packet_unref(&packet);
    const int status = av_read_frame(format_.get(), &packet);
    if (status == AVERROR(EAGAIN)) continue;
    if (status < 0) {
      guard_->check_time();
      if (format_->pb != nullptr) require_no_read_error(*format_->pb, path());
      has_given_up_ = status != AVERROR_EOF;
      return false;
    }
    if (packet.stream_index == stream_->index && packet.size > 0) return true;
  }
}

bool MediaFile::is_hidden(const AVPacket& packet) const {
  constexpr uint8_t kShowFrame = 0x10;  // in the first byte of every frame, RFC 6386 section 9.1
  return stream_->codecpar->codec_id == AV_CODEC_ID_VP8 && (packet.data[0] & kShowFrame) == 0;
}

bool MediaFile::seek(int64_t timestamp) {
  guard_->check_time();
  return av_seek_frame(format_.get(), stream_->index, timestamp, AVSEEK_FLAG_BACKWARD) >= 0;
}

}  // namespace retrace::data
