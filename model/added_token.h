// A token added to the vocabulary of byte-pair encoding: found in the text as it stands, before the
// text is cut into words.
#pragma once

#include <cstdint>
#include <string>

namespace retrace::model {

struct AddedToken {
  int64_t id = 0;
  std::string content;
  bool special = false;      // left out of decoded text on request
  bool normalised = false;   // looked for in the text after NFC instead of before
  bool single_word = false;  // only where no letter, digit or mark touches it
  bool strips_left = false;  // takes the white space before it
  bool strips_right = false;
};

}  // namespace retrace::model
