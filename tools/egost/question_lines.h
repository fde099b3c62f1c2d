// Lines of a question file as it holds them.
#pragma once

#include <string_view>
#include <vector>

namespace retrace::egost {

// lines[i]: line i, as data::Sample::index counts them; views into `content`.
std::vector<std::string_view> lines_of(std::string_view content);

}  // namespace retrace::egost
