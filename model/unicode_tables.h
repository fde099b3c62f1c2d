// Classes of characters as the reference tokenizer library sees them (tools/make_unicode_tables.py
// asks it): ranges in hexadecimal, both ends included, "41-5a 61-7a aa".
#pragma once

namespace retrace::model {

extern const char* const kLetterRanges;     // \p{L} of Unicode 16, like the two below
extern const char* const kNumberRanges;     // \p{N}
extern const char* const kMarkRanges;       // \p{M}
extern const char* const kSpaceRanges;      // \s
extern const char* const kWordRanges;       // \w less letters and marks
extern const char* const kCombiningRanges;  // canonical combining class above 0 in Unicode 9
extern const char* const kNfcActiveRanges;  // what NFC of Unicode 9 may change, move or join to
                                            // the character before

}  // namespace retrace::model
