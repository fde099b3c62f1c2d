// A lock between processes (and threads) on one byte of a file. The kernel releases it when its
// holder ends, however that happens, so that nobody waits for the dead.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/file_descriptor.h"

namespace retrace::data {

class ByteLock {
 public:
  // Creates the file if it is missing; its content does not matter. Nothing if someone else held
  // the lock until `patience` was over (zero: one try). Throws DataError if the file cannot be
  // opened or its file system has no locks.
  static std::optional<ByteLock> acquire(const std::filesystem::path& file, uint64_t byte,
                                         std::chrono::milliseconds patience);
  // The open file, for reading and writing.
  int descriptor() const { return file_.get(); }

 private:
  explicit ByteLock(core::FileDescriptor file) : file_(std::move(file)) {}
  core::FileDescriptor file_;
};

}  // namespace retrace::data
