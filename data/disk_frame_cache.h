// Clips kept on disk between runs, shared by all ranks and runs that name the same folder.
//
// A clip's key is a hash of the video's whole content, of the options, and of the versions that
// decide its bytes: a changed or replaced video, or another option, never gives old frames, and a
// copied or renamed one still hits. Contents are hashed once; after that the hash is remembered for
// the file's identity (content_hash.h). The decode of a clip is done by one process, the others
// wait for it. Entries are whole or absent (written beside, synced, renamed) and carry a checksum:
// a damaged one is reported, removed and made again. The least recently used ones leave first.
//
// A folder that cannot be written (full, read-only, without locks) is a warning, once: what is in
// it is still read, and the run goes on. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "data/clip.h"

namespace retrace::data {

struct DiskCacheOptions {
  std::filesystem::path folder;                // made if it is missing
  int64_t max_bytes = int64_t{50} << 30;       // of all entries; a larger clip is not stored
  std::chrono::milliseconds patience{120000};  // for another process that decodes the same clip
};

// Of this process. Tests assert on work not done.
struct DiskCacheStats {
  int64_t hits = 0, decodes = 0, stores = 0, damaged = 0, evicted = 0, leftovers_removed = 0;
};

class DiskFrameCache {
 public:
  explicit DiskFrameCache(DiskCacheOptions options);
  ~DiskFrameCache();

  // The clip of `video`, from disk or else from `decode`, whose errors pass through and are not
  // kept. The cache itself throws nothing.
  ClipFrames get(const std::filesystem::path& video, const FrameOptions& options,
                 const std::function<ClipFrames()>& decode);
  DiskCacheStats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::data
