// Cuts text by any pattern of a pre-tokenizer, through PCRE2. Its Unicode tables are those of the
// installed PCRE2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::model {

class RegexSplitter {
 public:
  // `pattern` is in the syntax of tokenizer.json. `file` names it in messages. Throws
  // CheckpointError if it does not compile.
  RegexSplitter(const std::string& pattern, const std::string& file);
  ~RegexSplitter();

  // Consecutive pieces that make up `text` (valid UTF-8): matches, and what lies between them.
  // `steps` grows by the attempts to match. Thread-safe. Throws DataError if the pattern takes too
  // long on this text.
  std::vector<std::string_view> split(std::string_view text, int64_t& steps) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::model
