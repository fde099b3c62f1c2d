// The merges of byte-pair encoding by their pair of token ids: an open-addressing hash table, read
// some ten times a word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace retrace::model {

struct Merge {
  int32_t rank = kNoRank;  // lower is merged first
  int32_t merged_id = 0;
  static constexpr int32_t kNoRank = INT32_MAX;
};

class MergeTable {
 public:
  explicit MergeTable(size_t num_merges);

  // A pair set twice keeps the last merge. At most `num_merges` pairs.
  void set(int32_t left_id, int32_t right_id, Merge merge);
  // rank = kNoRank if the pair does not merge. Ids are not negative.
  Merge find(int32_t left_id, int32_t right_id) const;

 private:
  struct Slot {
    uint64_t key = kFree;
    Merge merge;
  };
  static constexpr uint64_t kFree = UINT64_MAX;
  size_t slot_of(uint64_t key) const;

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  int shift_;
};

}  // namespace retrace::model
