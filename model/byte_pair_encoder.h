// Byte-pair encoding of one word: bytes become symbols, and the adjacent pair of best rank is
// merged until none is left.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/merge_table.h"
#include "model/tokenizer_contents.h"

namespace retrace::model {

class BytePairEncoder {
 public:
  // Throws CheckpointError if a byte has no token.
  explicit BytePairEncoder(const TokenizerContents& contents);
  BytePairEncoder(const BytePairEncoder&) = delete;
  BytePairEncoder& operator=(const BytePairEncoder&) = delete;

  // Appends the ids of `word`. O(n log n) in its length; `steps` grows by the pairs looked up.
  // Thread-safe.
  void encode(std::string_view word, std::vector<int64_t>& ids, int64_t& steps) const;

 private:
  void read_bytes(const TokenizerContents& contents);
  void find_whole_words(const TokenizerContents& contents);

  std::array<int32_t, 256> id_of_byte_{};
  MergeTable merges_;
  std::string whole_words_text_;  // what the keys below point into
  // Words that end up as one token: most of a text.
  std::unordered_map<std::string_view, int32_t> whole_words_;
};

}  // namespace retrace::model
