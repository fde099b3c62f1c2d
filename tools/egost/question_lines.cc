#include "tools/egost/question_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace retrace::egost {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool is_relative(const json& path) {
  return path.is_string() && !path.get_ref<const std::string&>().empty() &&
         fs::path(path.get<std::string>()).is_relative();
}

// A broken line holds none.
bool has_relative_path(std::string_view line) {
  const json record = json::parse(line, nullptr, /*allow_exceptions=*/false);
  for (const char* field : {"video", "videos", "image", "images"}) {
    if (!record.is_object() || !record.contains(field)) continue;
    const json& value = record[field];
    if (is_relative(value)) return true;
    if (value.is_array() && std::any_of(value.begin(), value.end(), is_relative)) return true;
  }
  return false;
}

fs::path real_folder(const fs::path& folder) {
  return fs::weakly_canonical(fs::absolute(folder.empty() ? "." : folder));
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    lines.push_back(content.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::string video_root_note(std::span<const std::string_view> lines, const fs::path& file,
                            const fs::path& folder) {
  const fs::path root = real_folder(file.parent_path());
  if (root == real_folder(folder) || std::none_of(lines.begin(), lines.end(), has_relative_path))
    return "";
  return fmt::format(
      "relative paths of videos would start at the new file's folder; to train with it, set\n"
      "  data.video_root: {}\n",
      root.string());
}

}  // namespace retrace::egost
