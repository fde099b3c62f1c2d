// Lines of a question file as it holds them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::egost {

// lines[i]: line i, as data::Sample::index counts them; views into `content`.
std::vector<std::string_view> lines_of(std::string_view content);

// What to say of lines of `file` that were written into a file in `folder`: which data.video_root
// finds their videos and images from there, as relative paths start at a question file's own
// folder.
// "" where none is needed: no path is relative, or the folder is the same.
std::string video_root_note(std::span<const std::string_view> lines,
                            const std::filesystem::path& file, const std::filesystem::path& folder);

}  // namespace retrace::egost
