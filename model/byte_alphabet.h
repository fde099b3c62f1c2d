// The byte-level alphabet of GPT-2's tokenizer: each byte is spelled as one printable character in
// vocabulary files.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retrace::model {

// UTF-8 of the character that stands for `byte`.
std::string spell_byte(unsigned char byte);

// The bytes a vocabulary entry stands for, or nothing if it holds a character outside the alphabet.
std::optional<std::string> bytes_of_spelling(std::string_view spelling);

}  // namespace retrace::model
