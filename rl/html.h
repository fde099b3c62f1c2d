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

// The same for a whole page: "## " headings become <h2>, what is between them cards; a "# " heading
// is left out.
std::string markdown_sections_to_html(std::string_view markdown);

// A page that stands alone: the project's style, light and dark, no scripts. `title` is text,
// `body` HTML.
std::string html_page(std::string_view title, std::string_view body);

}  // namespace retrace::rl
