#include "rl/html.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "rl/report_style.h"

namespace retrace::rl {
namespace {

std::string trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// The cells of "| a | b |".
std::vector<std::string> split_cells(std::string_view line) {
  std::string text = trim(line);
  if (text.starts_with('|')) text.erase(0, 1);
  if (text.ends_with('|')) text.pop_back();
  std::vector<std::string> cells;
  std::istringstream stream(text);
  for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trim(cell));
  return cells;
}

bool is_rule(const std::vector<std::string>& cells) {
  return !cells.empty() && std::all_of(cells.begin(), cells.end(), [](const std::string& cell) {
    return !cell.empty() && cell.find_first_not_of("-:") == std::string::npos;
  });
}

std::string row_html(const std::vector<std::string>& cells, std::string_view tag) {
  std::string html = "<tr>";
  for (const std::string& cell : cells) {
    html.append("<").append(tag).append(">").append(escape_html(cell));
    html.append("</").append(tag).append(">");
  }
  return html + "</tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        continue;
      case '<':
        escaped += "&lt;";
        continue;
      case '>':
        escaped += "&gt;";
        continue;
      case '"':
        escaped += "&quot;";
        continue;
      case '\'':
        escaped += "&#39;";
        continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    const bool allowed = (byte >= 0x20 && byte != 0x7f) || c == '\n' || c == '\t' || c == '\r';
    if (allowed) {
      escaped += c;
    } else {
      escaped += "&#xFFFD;";
    }
  }
  return escaped;
}

std::string markdown_table_to_html(std::string_view markdown) {
  std::string html;
  bool in_table = false;
  std::istringstream lines{std::string(markdown)};
  for (std::string line; std::getline(lines, line);) {
    const std::string text = trim(line);
    if (!text.starts_with('|')) {
      if (in_table) html += "</tbody></table></div>\n";
      in_table = false;
      if (!text.empty()) html += "<p>" + escape_html(text) + "</p>\n";
      continue;
    }
    const std::vector<std::string> cells = split_cells(text);
    if (is_rule(cells)) continue;
    if (in_table) {
      html += row_html(cells, "td");
    } else {
      html += "<div class=\"scroll\"><table><thead>" + row_html(cells, "th") + "</thead><tbody>\n";
      in_table = true;
    }
  }
  if (in_table) html += "</tbody></table></div>\n";
  return html;
}

std::string markdown_sections_to_html(std::string_view markdown) {
  std::string html, section;
  const auto close = [&] {
    if (!section.empty()) {
      html +=
          html.empty() ? "<div class=\"card\" style=\"margin-top:14px\">" : "<div class=\"card\">";
      html += markdown_table_to_html(section) + "</div>\n";
    }
    section.clear();
  };
  std::istringstream lines{std::string(markdown)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ")) continue;
    if (!line.starts_with("## ")) {
      if (!line.empty()) section += line + "\n";
      continue;
    }
    close();
    html += "<h2>" + escape_html(line.substr(3)) + "</h2>\n";
  }
  close();
  return html;
}

std::string html_page(std::string_view title, std::string_view body) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  html.append(escape_html(title)).append(" - Retrace</title>\n<style>").append(kReportStyle);
  html.append("</style>\n</head>\n<body><main>\n").append(body);
  return html + "</main></body>\n</html>\n";
}

}  // namespace retrace::rl
