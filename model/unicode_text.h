// UTF-8 repair and Unicode normalisation form C.
#pragma once

#include <string>
#include <string_view>

namespace retrace::model {

// Each maximal ill-formed part becomes one U+FFFD, as in the Unicode standard's recommended
// practice.
std::string repair_utf8(std::string_view bytes);

// NFC of valid UTF-8, in time O(n log n) for any text.
std::string normalise_nfc(std::string_view text);

}  // namespace retrace::model
