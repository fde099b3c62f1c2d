// A hash of what is in a file, and who the file is. Included by data/*.cc and their tests only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace retrace::data {

// What the file system changes whenever a file's content does: device, inode, size, and the times
// of the last change in nanoseconds. The change time (ctime) cannot be set back by programs.
struct FileIdentity {
  uint64_t device = 0, inode = 0;
  int64_t num_bytes = 0, modified_ns = 0, changed_ns = 0;
  bool operator==(const FileIdentity&) const = default;
  std::string text() const;
};

// Nothing if there is no such file, or if it is no regular file.
std::optional<FileIdentity> file_identity(const std::filesystem::path& file);

// Whether the identity may stand for the content from now on: the last change must lie back further
// than the clock of any file system is coarse, since a second change within one tick would not
// show.
bool is_settled(const FileIdentity& identity);

// 32 hexadecimal digits, of every byte (XXH3, 128 bits). Nothing if the file cannot be read, or
// changed meanwhile.
std::optional<std::string> content_hash(const std::filesystem::path& file);

// The same of a text.
std::string text_hash(std::string_view text);

}  // namespace retrace::data
