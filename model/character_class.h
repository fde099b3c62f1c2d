// Which classes a code point belongs to, in one table look-up.
#pragma once

#include <cstdint>

namespace retrace::model {

// Bits of a set.
enum CharacterClass : uint8_t {
  kLetter = 1,
  kNumber = 2,
  kMark = 4,
  kSpace = 8,
  kWordOnly = 16,  // taken for a part of a word though no letter and no mark
  kCombining = 32,
  kNfcActive = 64,
};

// Of code points up to U+10FFFF; 0 if it belongs to none.
uint8_t classes_of(char32_t code_point);

}  // namespace retrace::model
