// A read-only view of part of a file, mapped into memory for as long as the object lives. Reading a
// large file window by window touches no more memory than one window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace retrace::model {

class MappedWindow {
 public:
  // Bytes [offset, offset + size), size > 0. Throws CheckpointError "<file>: ..." if the file is no
  // longer that long: a mapped page behind the end of a file would kill the process.
  MappedWindow(int descriptor, int64_t offset, int64_t size, const std::string& file);
  ~MappedWindow();
  MappedWindow(const MappedWindow&) = delete;
  MappedWindow& operator=(const MappedWindow&) = delete;

  const char* data() const { return data_; }

 private:
  void* mapping_ = nullptr;  // starts on a page, before data_
  size_t mapped_bytes_ = 0;
  const char* data_ = nullptr;
};

}  // namespace retrace::model
