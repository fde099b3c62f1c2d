// Verdicts kept on disk, one small JSON file each, for several processes at once.
#pragma once

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "reward/judge.h"

namespace retrace::reward {

// A file is written beside its place and renamed to it, so a reader sees all of it or none. Its
// name is a hash of the key; the key itself is in it and is compared, so two keys never share a
// verdict. A file that is damaged, of another version or with a part outside [0, 5] counts as
// missing; the first that is not as it was written is named in a warning. Thread-safe.
class JudgeCache {
 public:
  // Makes the folder. Throws DataError if it cannot be made or written to.
  explicit JudgeCache(std::filesystem::path folder);

  // `key` is everything that decides the verdict.
  std::optional<JudgeVerdict> find(std::string_view key) const;
  // False if it could not be written.
  bool store(std::string_view key, const JudgeVerdict& verdict) const;

 private:
  std::filesystem::path path_of(std::string_view key) const;
  void warn_once(const std::filesystem::path& path) const;

  std::filesystem::path folder_;
  std::string name_;  // of this object, unlike that of any other, on other machines too
  mutable std::atomic<uint64_t> num_temporary_ = 0;
  mutable std::atomic<bool> warned_ = false;
};

}  // namespace retrace::reward
