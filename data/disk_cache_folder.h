// The files of a frame cache: names, locks, size limit. Included by data/*.cc and their tests only.
//
//   <key>.clip     an entry (clip_file.h); its modification time is when it was last used
//   <key>.tmp      an entry being written, by the holder of the key's lock; without one, a leftover
//   <id>.content   the content hash of the file with that identity, last used likewise
//   lock           byte 0 is the lock of the folder, byte 1 + n that of a key; it holds the total
//                  bytes of all entries
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "data/byte_lock.h"

namespace retrace::data {

class DiskCacheFolder {
 public:
  DiskCacheFolder(std::filesystem::path folder, int64_t max_bytes);

  // Makes the folder, removes leftovers of writers that are gone, counts the bytes. Returns the
  // number of leftovers. Throws DataError if the folder cannot be written or locked.
  int64_t open();

  std::filesystem::path entry(const std::string& key) const { return folder_ / (key + ".clip"); }
  std::filesystem::path unfinished(const std::string& key) const {
    return folder_ / (key + ".tmp");
  }
  std::optional<ByteLock> lock_key(const std::string& key,
                                   std::chrono::milliseconds patience) const;

  // Makes the finished file unfinished(key) the entry, after removing the least recently used ones
  // that are in its way. Returns how many; nothing, and no entry, if the folder's lock is not to be
  // had or the file is larger than the limit. Throws DataError.
  std::optional<int64_t> publish(const std::string& key, int64_t num_bytes);

  // The remembered content hash of an identity's text.
  std::optional<std::string> find_content(const std::string& identity) const;
  void remember_content(const std::string& identity, const std::string& hash) const;

 private:
  struct Entry;
  std::filesystem::path lock_file() const { return folder_ / "lock"; }
  std::filesystem::path content_file(const std::string& identity) const;
  int64_t remove_leftovers() const;
  // Removes the longest unused entries until at most `max_bytes` are left.
  struct Shrunk {
    int64_t num_bytes, num_removed;
  };
  Shrunk shrink_to(int64_t max_bytes) const;

  std::filesystem::path folder_;
  int64_t max_bytes_;
};

}  // namespace retrace::data
