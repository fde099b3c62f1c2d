// The pre-tokenizer's pattern: cuts text into the words that byte-pair encoding treats on their
// own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace retrace::model {

class WordSplitter {
 public:
  // `pattern` is in the syntax of tokenizer.json. `file` names it in messages. Throws
  // CheckpointError if it does not compile.
  WordSplitter(const std::string& pattern, const std::string& file);
  ~WordSplitter();

  // Consecutive pieces that make up `text` (valid UTF-8): matches, and what lies between them.
  // Thread-safe. Throws DataError if the pattern takes too long on this text.
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retrace::model
