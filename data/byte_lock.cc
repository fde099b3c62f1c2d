#include "data/byte_lock.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <thread>

#include "core/error.h"

namespace retrace::data {
namespace {

// Locks of open file descriptions: unlike the older kind they also hold between threads, and
// closing another descriptor of the file does not drop them.
int try_lock(int descriptor, uint64_t byte) {
  struct flock region = {};
  region.l_type = F_WRLCK;
  region.l_whence = SEEK_SET;
  region.l_start = static_cast<off_t>(byte);
  region.l_len = 1;
  return ::fcntl(descriptor, F_OFD_SETLK, &region) == 0 ? 0 : errno;
}

}  // namespace

std::optional<ByteLock> ByteLock::acquire(const std::filesystem::path& file, uint64_t byte,
                                          std::chrono::milliseconds patience) {
  constexpr mode_t kMode = 0666;
  core::FileDescriptor descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (descriptor.get() < 0) {
    core::throw_<core::DataError>("{}: cannot be opened: {}", file.string(),
                                  std::generic_category().message(errno));
  }
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::chrono::milliseconds pause{1};
  constexpr std::chrono::milliseconds kLongestPause{50};
  while (true) {
    const int error = try_lock(descriptor.get(), byte);
    if (error == 0) return ByteLock(std::move(descriptor));
    if (error != EAGAIN && error != EACCES && error != EINTR) {
      core::throw_<core::DataError>("{}: cannot be locked: {}", file.string(),
                                    std::generic_category().message(error));
    }
    if (std::chrono::steady_clock::now() + pause > deadline) return std::nullopt;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace retrace::data
