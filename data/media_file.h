// An open video file: its demuxer and its video stream. Included by data/*.cc and their tests only.
#pragma once

#include <filesystem>
#include <memory>

#include "data/ffmpeg_handles.h"
#include "data/read_guard.h"

namespace retrace::data {

// To be called when no packet came. Throws DataError that names `file` if the disk, or whatever
// `input` reads from, failed to give its bytes: the packets so far would pass for a shorter video.
void require_no_read_error(const AVIOContext& input, const std::filesystem::path& file);

class MediaFile {
 public:
  // Opens guard->file(). Throws DataError with the path: missing, no regular
  // file, empty, no known container, without video, frames above the limit, or late.
  explicit MediaFile(std::shared_ptr<ReadGuard> guard);
  MediaFile(const MediaFile&) = delete;
  MediaFile& operator=(const MediaFile&) = delete;

  AVStream& stream() { return *stream_; }
  int64_t num_bytes() const { return avio_size(format_->pb); }
  const std::shared_ptr<ReadGuard>& guard() const { return guard_; }
  const std::filesystem::path& path() const { return guard_->file(); }

  // The next packet of the video stream that holds data; false at the end of the file or of its
  // readable part. Throws DataError when the deadline passes or the file's bytes cannot be read.
  bool read_packet(AVPacket& packet);
  // After that: whether the demuxer gave up before the file's end, at damage it cannot pass.
  bool has_given_up() const { return has_given_up_; }

  // Whether a picture is never shown, only referred to: VP8's alternate reference frames have
  // packets of their own. For what read_packet gave.
  bool is_hidden(const AVPacket& packet) const;

  // Moves to the keyframe at or before `timestamp` (stream time base), as far as the container can
  // tell; the caller checks where it landed. False if the container cannot seek.
  bool seek(int64_t timestamp);

 private:
  static int is_late(void* guard);
  // Throws "late" if that is why a call failed, else `what` with FFmpeg's text.
  void check(int status, const char* what) const;
  void open();
  void pick_stream();

  std::shared_ptr<ReadGuard> guard_;
  UniqueFormatInput format_;
  AVStream* stream_ = nullptr;  // owned by format_
  bool has_given_up_ = false;
};

}  // namespace retrace::data
