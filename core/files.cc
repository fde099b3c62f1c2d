#include "core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "core/error.h"
#include "core/file_descriptor.h"

namespace retrace::core {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& path, std::string_view what, int error_number) {
  throw_<DataError>("{}: cannot be {}: {}", path.string(), what,
                    std::generic_category().message(error_number));
}

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "written", errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
}

// Syncs a file's content, or a folder's entries.
void sync_path(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(path, "opened", errno);
  // Some network file systems refuse to sync folders with EINVAL; their renames are durable by
  // themselves.
  if (::fsync(file.get()) != 0 && errno != EINVAL) fail(path, "synced", errno);
}

fs::path parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// "a/b/" names the same thing as "a/b".
fs::path without_trailing_slash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

void write_and_sync(const fs::path& path, std::string_view content) {
  constexpr mode_t kMode = 0644;
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kMode));
  if (file.get() < 0) fail(path, "written", errno);
  write_all(file.get(), content, path);
  if (::fsync(file.get()) != 0) fail(path, "synced", errno);
}

// Returns 0 or the error number. Never replaces `to`, not even an empty folder.
int rename_without_replacing(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system does not know the flag.
  if (is_present(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

bool is_present(const fs::path& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

std::string read_text_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) fail(path, "read", errno);
  std::string text;
  std::array<char, 1 << 16> buffer;
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
}

fs::path temporary_sibling(const fs::path& path) {
  const fs::path clean = without_trailing_slash(path);
  const std::string name =
      fmt::format(".{}.tmp-{}", clean.filename().string(), static_cast<int64_t>(::getpid()));
  return clean.parent_path() / name;
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  const fs::path temporary = temporary_sibling(path);
  try {
    write_and_sync(temporary, content);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "written", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_path(parent_of(path));
}

void publish_folder(const fs::path& temporary, const fs::path& path) {
  const fs::path target = without_trailing_slash(path);
  std::error_code error;
  if (!fs::is_directory(temporary, error)) {
    throw_<DataError>("{}: cannot be published as {}: it is not a folder", temporary.string(),
                      target.string());
  }
  fs::recursive_directory_iterator entry(temporary, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file() || entry->is_directory()) sync_path(entry->path());
  }
  if (error) fail(temporary, "listed", error.value());
  sync_path(temporary);
  const int error_number = rename_without_replacing(without_trailing_slash(temporary), target);
  if (error_number == EEXIST || error_number == ENOTEMPTY) {
    throw_<DataError>("{}: already exists and is not replaced; remove it or choose another name",
                      target.string());
  }
  if (error_number != 0) fail(target, "created", error_number);
  sync_path(parent_of(target));
}

}  // namespace retrace::core
