#include "data/content_hash.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/file_descriptor.h"

namespace retrace::data {
namespace {

int64_t nanoseconds(const timespec& time) {
  return static_cast<int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::optional<FileIdentity> identity_of(const struct stat& status) {
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim),
                      nanoseconds(status.st_ctim)};
}

std::string digits(const XXH128_hash_t& hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

struct StateDeleter {
  void operator()(XXH3_state_t* p) const { XXH3_freeState(p); }
};

}  // namespace

std::string FileIdentity::text() const {
  return fmt::format("{} {} {} {} {}", device, inode, num_bytes, modified_ns, changed_ns);
}

std::optional<FileIdentity> file_identity(const std::filesystem::path& file) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return identity_of(status);
}

bool is_settled(const FileIdentity& identity) {
  constexpr int64_t kCoarsestClock = 2'000'000'000;  // ns; that of FAT
  const int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  return std::max(identity.modified_ns, identity.changed_ns) + kCoarsestClock < now;
}

std::optional<std::string> content_hash(const std::filesystem::path& file) {
  constexpr size_t kChunkBytes = 1 << 20;
  const core::FileDescriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat before = {}, after = {};
  if (in.get() < 0 || ::fstat(in.get(), &before) != 0 || !S_ISREG(before.st_mode)) {
    return std::nullopt;
  }
  const std::unique_ptr<XXH3_state_t, StateDeleter> state(XXH3_createState());
  RETRACE_CHECK(state != nullptr, "no memory for a hash");
  XXH3_128bits_reset(state.get());
  std::vector<char> chunk(kChunkBytes);
  while (true) {
    const ssize_t got = ::read(in.get(), chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    XXH3_128bits_update(state.get(), chunk.data(), static_cast<size_t>(got));
  }
  if (::fstat(in.get(), &after) != 0 || identity_of(before) != identity_of(after)) {
    return std::nullopt;
  }
  return digits(XXH3_128bits_digest(state.get()));
}

std::string text_hash(std::string_view text) {
  return digits(XXH3_128bits(text.data(), text.size()));
}

}  // namespace retrace::data
