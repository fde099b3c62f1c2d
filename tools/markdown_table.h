// Tables of the Markdown pages that programs write.
#pragma once

#include <string>
#include <vector>

namespace retrace::tools {

// A pipe table as rl::markdown_table_to_html reads it: header, rule, rows. The first column stands
// to the left, the others to the right.
inline std::string markdown_table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (size_t row = 0; row < rows.size(); ++row) {
    text += "|";
    for (const std::string& cell : rows[row]) text += " " + cell + " |";
    text += "\n";
    if (row > 0) continue;
    text += "|";
    for (size_t i = 0; i < rows[row].size(); ++i) text += i == 0 ? "---|" : "---:|";
    text += "\n";
  }
  return text;
}

}  // namespace retrace::tools
