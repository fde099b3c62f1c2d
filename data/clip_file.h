// A clip in one file of its own, with a checksum over all of it. Included by data/*.cc and their
// tests only.
#pragma once

#include <filesystem>
#include <optional>

#include "core/error.h"
#include "data/clip.h"

namespace retrace::data {

// Bumped whenever the same video and options give other bytes, or the layout changes.
inline constexpr uint32_t kClipFileVersion = 2;

// Writes and syncs `file`, replacing what is there. Throws DataError; then the file may be partial.
void write_clip_file(const std::filesystem::path& file, const ClipFrames& clip);
int64_t clip_file_bytes(const ClipFrames& clip);

// The file is there, but not what write_clip_file() wrote.
struct DamagedClip : core::DataError {
  using core::DataError::DataError;
};

// Nothing if there is no such file. Throws DamagedClip if it is not whole and unchanged (another
// format, a wrong length, a wrong checksum), DataError if it cannot be read. Marks the file as used
// now (its modification time), where that is allowed.
std::optional<ClipFrames> read_clip_file(const std::filesystem::path& file);

}  // namespace retrace::data
