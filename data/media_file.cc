#include "data/media_file.h"

#include <system_error>

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

MediaFile::MediaFile(const std::filesystem::path& file, std::chrono::milliseconds deadline)
    : path_(file), patience_(deadline) {
  silence_ffmpeg_log();
  check_is_readable_file(path_);
  restart_deadline();
  open();
  pick_stream();
}

MediaFile::~MediaFile() = default;

void MediaFile::open() {
  AVFormatContext* format = avformat_alloc_context();
  RETRACE_CHECK(format != nullptr, "no memory for a demuxer");
  format->interrupt_callback = {&MediaFile::is_late, this};
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  av_dict_set(&options, "format_whitelist", kContainers, 0);
  const std::string url =
      "file:" + path_.string();  // a bare name with a colon would be taken for a protocol
  const int status =
      avformat_open_input(&format, url.c_str(), nullptr, &options);  // frees format if it fails
  const std::unique_ptr<AVDictionary, OptionsDeleter> unused_options(options);
  if (status == AVERROR_EXIT) throw_late();
  RETRACE_AV_CHECK(
      status,
      "{}: cannot be read as a video; is it complete, and an mp4, mov, mkv, webm, avi or ts file?",
      path_.string());
  format_.reset(format);
  const int found = avformat_find_stream_info(format_.get(), nullptr);
  if (found == AVERROR_EXIT) throw_late();
  RETRACE_AV_CHECK(found, "{}: cannot be read as a video; its streams are unreadable",
                   path_.string());
}

void MediaFile::pick_stream() {
  const int index = av_find_best_stream(format_.get(), AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0);
  const bool is_cover =  // the cover picture of a music file
      index >= 0 && (format_->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
  if (index < 0 || is_cover) {
    core::throw_<core::DataError>(
        "{}: has no video stream (found {} other {}); is it an audio or subtitle file?",
        path_.string(), format_->nb_streams, format_->nb_streams == 1 ? "stream" : "streams");
  }
  stream_ = format_->streams[index];
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (format_->streams[i] != stream_) format_->streams[i]->discard = AVDISCARD_ALL;
  }
}

bool MediaFile::read_packet(AVPacket& packet) {
  while (true) {
    restart_deadline();
    av_packet_unref(&packet);
    const int status = av_read_frame(format_.get(), &packet);
    if (status == AVERROR_EXIT) throw_late();
    if (status == AVERROR(EAGAIN)) continue;
    if (status < 0) return false;
    if (packet.stream_index == stream_->index && packet.size > 0) return true;
  }
}

bool MediaFile::seek(int64_t timestamp) {
  restart_deadline();
  const int status = av_seek_frame(format_.get(), stream_->index, timestamp, AVSEEK_FLAG_BACKWARD);
  if (status == AVERROR_EXIT) throw_late();
  return status >= 0;
}

int MediaFile::is_late(void* self) {
  return Clock::now() >= static_cast<const MediaFile*>(self)->deadline_ ? 1 : 0;
}

void MediaFile::throw_late() const {
  core::throw_<core::DataError>(
      "{}: no data came for {:g} s; is its disk or network share stalled?", path_.string(),
      std::chrono::duration<double>(patience_).count());
}

}  // namespace retrace::data
