// UTF-8: its repair, and its characters one by one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retrace::model {

// Each maximal ill-formed part becomes one U+FFFD, as in the Unicode standard's recommended
// practice.
std::string repair_utf8(std::string_view bytes);
bool is_valid_utf8(std::string_view bytes);

// The number of bytes at the end of `bytes` that begin a character and would be valid if the right
// bytes came next, 0 to 3.
size_t unfinished_bytes(std::string_view bytes);

struct Character {
  char32_t code_point = 0;
  size_t num_bytes = 0;
};

// The character that begins at byte `place` of valid UTF-8; `place` is below the text's size.
Character character_at(std::string_view text, size_t place);
// The character that ends before byte `end` of valid UTF-8; `end` is above 0.
Character character_before(std::string_view text, size_t end);
void append_utf8(char32_t code_point, std::string& text);

}  // namespace retrace::model
