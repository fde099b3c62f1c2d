// A file that grows by whole records, each in one system call, so that a crash cuts at most the
// last one.
#pragma once

#include <filesystem>
#include <string_view>

namespace retrace::core {

class AppendFile {
 public:
  // Opens or creates it. Throws DataError.
  explicit AppendFile(std::filesystem::path path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  void append(std::string_view record);  // throws DataError

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace retrace::core
