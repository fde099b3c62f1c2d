// Unicode normalisation form C, as the tokenizers of the Qwen families apply it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retrace::model {

// NFC of valid UTF-8 by the rules of Unicode 9, those of the reference tokenizer library: marks
// that are younger stand where they are. O(n log n) for any text; `steps` grows by the characters
// looked at and the comparisons of the sort.
std::string normalise_nfc(std::string_view text, int64_t& steps);

// Whether normalise_nfc() returns the text itself for the reason that no character of it is active.
bool is_inert_in_nfc(std::string_view text, int64_t& steps);

}  // namespace retrace::model
