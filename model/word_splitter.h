// The pre-tokenizer: cuts text into the words that byte-pair encoding treats on their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/regex_splitter.h"

namespace retrace::model {

class WordSplitter {
 public:
  // `pattern` is in the syntax of tokenizer.json. Those of the Qwen families are matched by hand
  // and with the Unicode version of the reference library, all others by PCRE2. `file` names the
  // pattern's file in messages. Throws CheckpointError if it does not compile.
  WordSplitter(const std::string& pattern, const std::string& file);

  // Consecutive pieces that make up `text` (valid UTF-8): matches, and what lies between them.
  // `steps` grows by the characters looked at. Thread-safe. Throws DataError if a pattern of
  // another family takes too long on this text.
  std::vector<std::string_view> split(std::string_view text, int64_t& steps) const;

 private:
  std::optional<RegexSplitter> regex_;  // absent if matched by hand
  bool marks_join_words_ = false;
};

}  // namespace retrace::model
