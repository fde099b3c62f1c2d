#include "model/byte_pair_encoder.h"

#include <fmt/format.h>

#include <queue>

#include "core/error.h"
#include "model/byte_alphabet.h"

namespace retrace::model {

namespace {

using core::CheckpointError;
using core::throw_;

constexpr size_t kMaxCachedWords = 1 << 16;
constexpr size_t kMaxCachedLength = 64;  // bytes

uint64_t pair_key(int32_t left_id, int32_t right_id) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left_id)) << 32 |
         static_cast<uint32_t>(right_id);
}

// A symbol of a word under encoding; symbols form a doubly linked list.
struct Symbol {
  int32_t id;  // kGone once merged into its left neighbour
  int32_t previous;
  int32_t next;
};
constexpr int32_t kGone = -1;
constexpr int32_t kNone = -1;

struct Candidate {
  int32_t rank;
  int32_t place;  // of the left symbol
  int32_t left_id, right_id;
  int32_t merged_id;
  // Best rank first; among equals the leftmost.
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : place > other.place;
  }
};

}  // namespace

BytePairEncoder::BytePairEncoder(const std::vector<std::pair<std::string, int64_t>>& vocab,
                                 const std::vector<std::pair<std::string, std::string>>& merges,
                                 const std::string& file) {
  std::unordered_map<std::string_view, int32_t> ids;
  ids.reserve(vocab.size());
  for (const auto& [spelling, id] : vocab) ids.emplace(spelling, static_cast<int32_t>(id));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string spelling = spell_byte(static_cast<unsigned char>(byte));
    const auto it = ids.find(spelling);
    if (it == ids.end()) {
      throw_<CheckpointError>(
          "{}: key 'model.vocab': expected a token for every byte, found none for byte 0x{:02x} "
          "('{}'); not a byte-level tokenizer",
          file, byte, spelling);
    }
    id_of_byte_[static_cast<size_t>(byte)] = it->second;
  }
  merges_.reserve(merges.size());
  for (size_t rank = 0; rank < merges.size(); ++rank) {
    const auto& [left, right] = merges[rank];
    const auto id_of = [&](const std::string& spelling) {
      const auto it = ids.find(spelling);
      if (it == ids.end()) {
        throw_<CheckpointError>(
            "{}: key 'model.merges[{}]': '{}' + '{}' needs the token '{}', which model.vocab lacks",
            file, rank, left, right, spelling);
      }
      return it->second;
    };
    // A pair given twice has the rank of its last mention, as in the reference implementation.
    merges_[pair_key(id_of(left), id_of(right))] = {static_cast<int32_t>(rank),
                                                    id_of(left + right)};
  }
}

const BytePairEncoder::Merge* BytePairEncoder::find_merge(int32_t left_id, int32_t right_id) const {
  const auto it = merges_.find(pair_key(left_id, right_id));
  return it == merges_.end() ? nullptr : &it->second;
}

void BytePairEncoder::encode(std::string_view word, std::vector<int64_t>& ids) const {
  if (word.size() > kMaxCachedLength) return merge_symbols(word, ids);
  const std::string key(word);
  {
    const std::lock_guard lock(cache_mutex_);
    if (const auto it = cache_.find(key); it != cache_.end()) {
      ids.insert(ids.end(), it->second.begin(), it->second.end());
      return;
    }
  }
  std::vector<int64_t> word_ids;
  merge_symbols(word, word_ids);
  ids.insert(ids.end(), word_ids.begin(), word_ids.end());
  const std::lock_guard lock(cache_mutex_);
  if (cache_.size() >= kMaxCachedWords) cache_.clear();
  cache_.emplace(key, std::move(word_ids));
}

void BytePairEncoder::merge_symbols(std::string_view word, std::vector<int64_t>& ids) const {
  RETRACE_CHECK(word.size() < static_cast<size_t>(INT32_MAX), "word of {} bytes", word.size());
  const int32_t length = static_cast<int32_t>(word.size());
  std::vector<Symbol> symbols(word.size());
  for (int32_t i = 0; i < length; ++i) {
    symbols[i] = {id_of_byte_[static_cast<unsigned char>(word[i])], i - 1,
                  i + 1 < length ? i + 1 : kNone};
  }
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
  const auto propose = [&](int32_t place) {
    if (place == kNone || symbols[place].next == kNone) return;
    const int32_t left_id = symbols[place].id;
    const int32_t right_id = symbols[symbols[place].next].id;
    if (const Merge* merge = find_merge(left_id, right_id)) {
      queue.push({merge->rank, place, left_id, right_id, merge->merged_id});
    }
  };
  for (int32_t i = 0; i < length; ++i) propose(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbols[best.place];
    if (left.id != best.left_id || left.next == kNone) continue;
    Symbol& right = symbols[left.next];
    if (right.id != best.right_id) continue;  // one of the two has been merged since
    left.id = best.merged_id;
    left.next = right.next;
    right.id = kGone;
    if (left.next != kNone) symbols[left.next].previous = best.place;
    propose(left.previous);
    propose(best.place);
  }
  for (int32_t i = 0; i != kNone && i < length; i = symbols[i].next) ids.push_back(symbols[i].id);
}

}  // namespace retrace::model
