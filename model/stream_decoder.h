// Text of tokens that arrive one by one.
#pragma once

#include <cstdint>
#include <string>

#include "model/tokenizer.h"

namespace retrace::model {

// What push() and finish() return, joined, is Tokenizer::decode() of all ids: a character whose
// bytes are spread over tokens is held back until its last one, and U+FFFD stands only where it
// stays.
class StreamDecoder {
 public:
  // `tokenizer` must outlive the decoder.
  explicit StreamDecoder(const Tokenizer& tokenizer, bool skip_special = true);

  // The characters that are certain now; may be empty.
  std::string push(int64_t id);
  // What is held back, repaired; at most three bytes, so at most one U+FFFD. The decoder is as new.
  std::string finish();

 private:
  const Tokenizer& tokenizer_;
  bool skip_special_;
  std::string pending_;  // bytes that begin a character
};

}  // namespace retrace::model
