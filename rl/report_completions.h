// Saved completions as HTML, for a reader who wants to see what the rewards reward.
#pragma once

#include <filesystem>
#include <string>

namespace retrace::rl {

// Some groups of one rollouts file: those whose rewards differ come first, of each the completions
// with the highest and the lowest rewards. Empty text for a file without completions. Throws
// DataError.
std::string completions_html(const std::filesystem::path& rollouts_jsonl);

}  // namespace retrace::rl
