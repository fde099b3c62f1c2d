#include "data/disk_cache_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file_descriptor.h"
#include "data/content_hash.h"

namespace retrace::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kFolderByte = 0;
constexpr std::chrono::milliseconds kFolderPatience{10000};
constexpr size_t kHashDigits = 32;

[[noreturn]] void fail(const fs::path& path, const char* what, int error_number) {
  core::throw_<core::DataError>("{}: cannot be {}: {}", path.string(), what,
                                std::generic_category().message(error_number));
}

uint64_t byte_of_key(const std::string& key) {
  constexpr size_t kDigits = 15;  // 60 bits: offsets are signed
  return 1 + std::stoull(key.substr(0, kDigits), nullptr, 16);
}

std::optional<int64_t> read_total(const ByteLock& lock) {
  int64_t total = 0;
  const bool is_there = ::pread(lock.descriptor(), &total, sizeof(total), 0) == sizeof(total);
  if (!is_there || total < 0) return std::nullopt;
  return total;
}

void write_total(const ByteLock& lock, int64_t total) {
  // If this fails the old number stays, which is too small by what the next scan finds.
  [[maybe_unused]] const ssize_t written = ::pwrite(lock.descriptor(), &total, sizeof(total), 0);
}

}  // namespace

struct DiskCacheFolder::Entry {
  fs::path path;
  int64_t num_bytes, used_ns;
};

DiskCacheFolder::DiskCacheFolder(fs::path folder, int64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {}

int64_t DiskCacheFolder::open() {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error) fail(folder_, "made", error.value());
  const std::optional<ByteLock> lock = ByteLock::acquire(lock_file(), kFolderByte, kFolderPatience);
  if (!lock) {
    core::throw_<core::DataError>("{}: another process held the lock for {} s", folder_.string(),
                                  std::chrono::duration<double>(kFolderPatience).count());
  }
  const int64_t num_leftovers = remove_leftovers();
  write_total(*lock, shrink_to(max_bytes_).num_bytes);
  return num_leftovers;
}

int64_t DiskCacheFolder::remove_leftovers() const {
  int64_t num_removed = 0;
  std::error_code error, ignored;
  for (fs::directory_iterator file(folder_, error), end; !error && file != end;
       file.increment(error)) {
    const std::string key = file->path().stem().string();
    const bool is_unfinished = file->path().extension() == ".tmp" && key.size() == kHashDigits &&
                               key.find_first_not_of("0123456789abcdef") == std::string::npos;
    if (!is_unfinished) continue;
    const auto writer_is_gone = lock_key(key, std::chrono::milliseconds(0));
    if (writer_is_gone && fs::remove(file->path(), ignored)) ++num_removed;
  }
  return num_removed;
}

std::optional<ByteLock> DiskCacheFolder::lock_key(const std::string& key,
                                                  std::chrono::milliseconds patience) const {
  return ByteLock::acquire(lock_file(), byte_of_key(key), patience);
}

DiskCacheFolder::Shrunk DiskCacheFolder::shrink_to(int64_t max_bytes) const {
  std::vector<Entry> entries;
  Shrunk result{0, 0};
  std::error_code error;
  for (fs::directory_iterator file(folder_, error), end; !error && file != end;
       file.increment(error)) {
    const fs::path extension = file->path().extension();
    struct stat status = {};
    if (extension != ".clip" && extension != ".content") continue;
    if (::stat(file->path().c_str(), &status) != 0) continue;  // removed meanwhile
    entries.push_back({file->path(), status.st_size,
                       status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec});
    result.num_bytes += status.st_size;
  }
  if (error) fail(folder_, "listed", error.value());
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used_ns < b.used_ns; });
  for (const Entry& entry : entries) {
    if (result.num_bytes <= max_bytes) break;
    // A reader that has it open reads on.
    if (!fs::remove(entry.path, error) && error) continue;
    result.num_bytes -= entry.num_bytes;
    result.num_removed += entry.path.extension() == ".clip" ? 1 : 0;
  }
  return result;
}

std::optional<int64_t> DiskCacheFolder::publish(const std::string& key, int64_t num_bytes) {
  if (num_bytes > max_bytes_) return std::nullopt;
  const std::optional<ByteLock> lock = ByteLock::acquire(lock_file(), kFolderByte, kFolderPatience);
  if (!lock) return std::nullopt;
  Shrunk state{read_total(*lock).value_or(std::numeric_limits<int64_t>::max() / 2), 0};
  const int64_t room = max_bytes_ - num_bytes;
  if (state.num_bytes > room) {
    // A full cache would be listed for every clip; some slack makes that rare where it matters.
    const int64_t slack = max_bytes_ / 16;
    state = shrink_to(slack > num_bytes ? max_bytes_ - slack : room);
  }
  const fs::path from = unfinished(key), to = entry(key);
  if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "written", errno);
  write_total(*lock, state.num_bytes + num_bytes);
  return state.num_removed;
}

// ---------------------------------------------------------------------------------------------------------------
// Content hashes: "<hash> <hash of identity and hash>", so that half a file is none
// ---------------------------------------------------------------------------------------------------------------
fs::path DiskCacheFolder::content_file(const std::string& identity) const {
  return folder_ / (text_hash(identity) + ".content");
}

std::optional<std::string> DiskCacheFolder::find_content(const std::string& identity) const {
  const core::FileDescriptor in(::open(content_file(identity).c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(2 * kHashDigits + 1, '\0');
  if (in.get() < 0 || ::read(in.get(), text.data(), text.size()) != std::ssize(text)) {
    return std::nullopt;
  }
  const std::string hash = text.substr(0, kHashDigits);
  if (text != hash + " " + text_hash(identity + hash)) return std::nullopt;
  ::futimens(in.get(), nullptr);
  return hash;
}

void DiskCacheFolder::remember_content(const std::string& identity, const std::string& hash) const {
  const std::string text = hash + " " + text_hash(identity + hash);
  constexpr mode_t kMode = 0666;
  const core::FileDescriptor out(
      ::open(content_file(identity).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, kMode));
  if (out.get() < 0) return;  // the next clip that is stored will say why
  [[maybe_unused]] const ssize_t written = ::write(out.get(), text.data(), text.size());
}

}  // namespace retrace::data
