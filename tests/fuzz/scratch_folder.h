// A folder of this process, in memory where the system has such a place, for readers that take
// paths.
#pragma once

#include <filesystem>
#include <string_view>

namespace retrace::fuzz {

class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();  // removes it
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // Writes (or replaces) a file of this name; its path.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

}  // namespace retrace::fuzz
