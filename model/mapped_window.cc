#include "model/mapped_window.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace retrace::model {

MappedWindow::MappedWindow(int descriptor, int64_t offset, int64_t size, const std::string& file) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || status.st_size < offset + size) {
    core::throw_<core::CheckpointError>(
        "{}: expected {} bytes at offset {}, the file ended before; it was cut while it was read",
        file, size, offset);
  }
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  const int64_t start = offset / page * page;
  mapped_bytes_ = static_cast<size_t>(offset + size - start);
  // Populated at once: one request to the disk instead of one for every page.
  mapping_ =
      ::mmap(nullptr, mapped_bytes_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, descriptor, start);
  if (mapping_ == MAP_FAILED) {
    core::throw_<core::CheckpointError>("{}: cannot be mapped: {}", file, std::strerror(errno));
  }
  data_ = static_cast<const char*>(mapping_) + (offset - start);
}

MappedWindow::~MappedWindow() {
  ::munmap(mapping_, mapped_bytes_);
}

}  // namespace retrace::model
