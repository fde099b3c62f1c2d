// Decoded, sampled and resized frames of the videos seen so far: each clip is decoded once in a
// process's life as long as the byte budget holds; least recently used clips leave first. A clip
// that is not in memory is looked for on disk before it is decoded. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/clip.h"
#include "data/disk_frame_cache.h"

namespace retrace::data {

struct PartialReads {
  int64_t num_videos = 0;
  int64_t num_missing_frames = 0;  // cut off where the file lists them, or chosen and not decodable
};

class FrameCache {
 public:
  // `disk` may be null: memory only.
  FrameCache(FrameOptions options, int64_t max_bytes,
             std::shared_ptr<DiskFrameCache> disk = nullptr);
  ~FrameCache();
  // Throws what load_clip throws; a failure is not cached. Threads that ask for a clip while it is
  // being decoded wait for it (and get its error).
  ClipFrames get(const std::filesystem::path& video);
  int64_t num_decodes() const;    // clips decoded so far, here
  int64_t num_disk_hits() const;  // clips read from the cache on disk so far, here
  // Videos of which only a part could be read (FrameOptions::allow_partial). Each is logged as a
  // warning with its counts when it is first seen, and counts once.
  PartialReads partial_reads() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
