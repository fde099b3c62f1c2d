// Files written whole or not at all, and read with errors that name them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace retrace::core {

// Whether anything is at `path`, be it a link that leads nowhere. False only if the system says
// that nothing is: what it cannot tell for another reason counts as present, so that reading it
// says why.
bool is_present(const std::filesystem::path& path);

// Throws DataError "<path>: cannot be read: <reason>" .
std::string read_text_file(const std::filesystem::path& path);

// Writes a temporary file beside `path`, syncs it, renames it: a crash leaves the old file or the
// new one. Throws DataError.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

// A new name beside `path` for something that will be renamed to it: ".<name>.tmp-<pid>".
std::filesystem::path temporary_sibling(const std::filesystem::path& path);

// Syncs a finished temporary folder (files and entries) and renames it to `path`, replacing
// nothing: throws DataError if `path` exists.
void publish_folder(const std::filesystem::path& temporary, const std::filesystem::path& path);

}  // namespace retrace::core
