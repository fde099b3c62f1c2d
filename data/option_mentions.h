// Where a demonstration names an option by its letter.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace retrace::data {

enum class MentionKind {
  kAnswer,   // after "<answer>" or "answer is "
  kLabel,    // before ':', as in "B: no."
  kUnclear,  // may or may not mean an option
};

struct OptionMention {
  size_t at = 0;  // of the letter
  MentionKind kind = MentionKind::kUnclear;
};

// Every capital of the first `num_options` letters that stands alone (no letter, digit or
// apostrophe beside it). "A" before a lower-case word is an article and no mention, unless its
// place says otherwise.
std::vector<OptionMention> option_mentions(std::string_view text, size_t num_options);

}  // namespace retrace::data
