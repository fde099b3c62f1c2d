// Byte-pair encoding of one word: bytes become symbols, and the adjacent pair of best rank is
// merged until none is left.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace retrace::model {

class BytePairEncoder {
 public:
  // `vocab` and `merges` as in tokenizer.json; `file` names it in messages. Throws CheckpointError
  // if a byte has no token, or a merge names a token that the vocabulary lacks.
  BytePairEncoder(const std::vector<std::pair<std::string, int64_t>>& vocab,
                  const std::vector<std::pair<std::string, std::string>>& merges,
                  const std::string& file);

  // Appends the ids of `word`. O(n log n) in its length. Thread-safe.
  void encode(std::string_view word, std::vector<int64_t>& ids) const;

 private:
  struct Merge {
    int32_t rank;
    int32_t merged_id;
  };
  const Merge* find_merge(int32_t left_id, int32_t right_id) const;
  void merge_symbols(std::string_view word, std::vector<int64_t>& ids) const;

  std::array<int32_t, 256> id_of_byte_{};
  std::unordered_map<uint64_t, Merge> merges_;  // (left id << 32 | right id) -> merge
  mutable std::mutex cache_mutex_;
  mutable std::unordered_map<std::string, std::vector<int64_t>> cache_;  // short words seen before
};

}  // namespace retrace::model
