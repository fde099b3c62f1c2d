// Text into HTML, safely.
#pragma once

#include <string>
#include <string_view>

namespace retrace::rl {

// & < > " ' become entities; control characters that HTML does not allow become U+FFFD. Serves text
// and attributes.
std::string escape_html(std::string_view text);

// A pipe table in Markdown (header, rule, rows), with other lines as paragraphs. Cells are escaped.
std::string markdown_table_to_html(std::string_view markdown);

}  // namespace retrace::rl
