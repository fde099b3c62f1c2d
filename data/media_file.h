// An open video file: its demuxer and its video stream. Included by data/*.cc and their tests only.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "data/ffmpeg_handles.h"

namespace retrace::data {

// Longest time without a packet before a read gives up, so that a stalled network disk is an error
// and not a hang.
inline constexpr std::chrono::milliseconds kReadDeadline{60000};

class MediaFile {
 public:
  // Throws DataError with the path: missing, no regular file, empty, no known container, or without
  // video.
  explicit MediaFile(const std::filesystem::path& file,
                     std::chrono::milliseconds deadline = kReadDeadline);
  ~MediaFile();

  AVStream& stream() { return *stream_; }
  const std::filesystem::path& path() const { return path_; }

  // The next packet of the video stream that holds data; false at the end of the file or of its
  // readable part. Throws DataError when the deadline passes.
  bool read_packet(AVPacket& packet);

  // Moves to the keyframe at or before `timestamp` (stream time base), as far as the container can
  // tell; the caller checks where it landed. False if the container cannot seek.
  bool seek(int64_t timestamp);

 private:
  using Clock = std::chrono::steady_clock;
  static int is_late(void* self);
  void restart_deadline() { deadline_ = Clock::now() + patience_; }
  [[noreturn]] void throw_late() const;
  void open();
  void pick_stream();

  std::filesystem::path path_;
  std::chrono::milliseconds patience_;
  Clock::time_point deadline_;
  UniqueFormatInput format_;
  AVStream* stream_ = nullptr;  // owned by format_
};

}  // namespace retrace::data
