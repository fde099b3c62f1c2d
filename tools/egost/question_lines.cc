#include "tools/egost/question_lines.h"

#include <algorithm>

namespace retrace::egost {

std::vector<std::string_view> lines_of(std::string_view content) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < content.size();) {
    const size_t end = std::min(content.find('\n', begin), content.size());
    lines.push_back(content.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace retrace::egost
