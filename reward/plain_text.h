// Text as words, for rewards that compare what is said.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::reward {

// Without ASCII white space at both ends.
std::string_view trim(std::string_view text);

// ASCII letters and digits, and bytes above 127.
bool is_word_byte(char c);

// Maximal runs of ASCII letters, digits and bytes above 127, in lower case; apostrophes inside a
// word are dropped ("o'clock" is "oclock"). At most `max_words`.
std::vector<std::string> words(std::string_view text, size_t max_words = SIZE_MAX);

// The words with single spaces between, and one space at both ends, so that finding " a b " in it
// finds whole words.
std::string padded_words(std::string_view text);

}  // namespace retrace::reward
