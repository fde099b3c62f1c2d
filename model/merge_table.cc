#include "model/merge_table.h"

#include <bit>

namespace retrace::model {

namespace {

uint64_t pair_key(int32_t left_id, int32_t right_id) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left_id)) << 32 |
         static_cast<uint32_t>(right_id);
}

}  // namespace

MergeTable::MergeTable(size_t num_merges)
    : slots_(std::bit_ceil(2 * num_merges + 2)),
      shift_(64 - std::countr_zero(static_cast<uint64_t>(slots_.size()))) {}

// Where the key stands, or the free slot where it would.
size_t MergeTable::slot_of(uint64_t key) const {
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15;  // 2^64 / golden ratio, made odd
  uint64_t hash = (key ^ key >> 32) * kMultiplier;
  hash ^= key;
  size_t slot = static_cast<size_t>(hash * kMultiplier >> shift_);
  while (slots_[slot].key != key && slots_[slot].key != kFree) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

void MergeTable::set(int32_t left_id, int32_t right_id, Merge merge) {
  const uint64_t key = pair_key(left_id, right_id);
  slots_[slot_of(key)] = {key, merge};
}

Merge MergeTable::find(int32_t left_id, int32_t right_id) const {
  return slots_[slot_of(pair_key(left_id, right_id))].merge;
}

}  // namespace retrace::model
