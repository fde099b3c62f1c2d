#include "model/symbol_merging.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <queue>
#include <vector>

#include "core/error.h"

namespace retrace::model {

namespace {

// Up to this many, going through all pairs for the best one is faster than a heap.
constexpr size_t kMaxShort = 64;

size_t merge_few(const MergeTable& merges, std::span<int32_t> symbols, int64_t& steps) {
  std::array<Merge, kMaxShort> pairs;  // of a symbol and its right neighbour
  size_t size = symbols.size();
  const auto look_up = [&](size_t i) { pairs[i] = merges.find(symbols[i], symbols[i + 1]); };
  for (size_t i = 0; i + 1 < size; ++i) look_up(i);
  steps += static_cast<int64_t>(size);
  while (size > 1) {
    const auto last = pairs.begin() + static_cast<ptrdiff_t>(size) - 1;
    const auto best = std::min_element(
        pairs.begin(), last, [](const Merge& a, const Merge& b) { return a.rank < b.rank; });
    if (best->rank == Merge::kNoRank) break;
    const auto place = best - pairs.begin();
    const auto symbol = symbols.begin() + place;
    *symbol = best->merged_id;
    std::copy(symbol + 2, symbols.begin() + static_cast<ptrdiff_t>(size), symbol + 1);
    std::copy(best + std::min<ptrdiff_t>(2, last - best), last, best + 1);
    --size;
    if (place > 0) look_up(static_cast<size_t>(place) - 1);
    if (static_cast<size_t>(place) + 1 < size) look_up(static_cast<size_t>(place));
    steps += 2;
  }
  return size;
}

// A symbol and its neighbours: a doubly linked list.
struct Link {
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

class ManySymbols {
 public:
  ManySymbols(const MergeTable& merges, std::span<const int32_t> symbols, int64_t& steps)
      : merges_(merges), steps_(steps), links_(symbols.size()) {
    const auto size = static_cast<int32_t>(symbols.size());
    for (int32_t i = 0; i < size; ++i) {
      link(i) = {symbols[static_cast<size_t>(i)], i - 1, i + 1 < size ? i + 1 : kNone};
    }
    for (int32_t i = 0; i < size; ++i) propose(i);
  }

  void merge_all() {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      Link& left = link(best.place);
      if (left.id != best.left_id || left.next == kNone) continue;
      Link& right = link(left.next);
      if (right.id != best.right_id) continue;  // one of the two has been merged since
      left.id = best.merged_id;
      left.next = right.next;
      right.id = kGone;
      if (left.next != kNone) link(left.next).previous = best.place;
      propose(left.previous);
      propose(best.place);
    }
  }

  size_t copy_to(std::span<int32_t> symbols) const {
    size_t size = 0;
    for (int32_t i = 0; i != kNone; i = links_[static_cast<size_t>(i)].next) {
      symbols[size++] = links_[static_cast<size_t>(i)].id;
    }
    return size;
  }

 private:
  Link& link(int32_t place) { return links_[static_cast<size_t>(place)]; }

  void propose(int32_t place) {
    if (place == kNone || link(place).next == kNone) return;
    ++steps_;
    const int32_t left_id = link(place).id, right_id = link(link(place).next).id;
    const Merge merge = merges_.find(left_id, right_id);
    if (merge.rank == Merge::kNoRank) return;
    queue_.push({merge.rank, place, left_id, right_id, merge.merged_id});
  }

  const MergeTable& merges_;
  int64_t& steps_;
  std::vector<Link> links_;
  std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue_;
};

}  // namespace

size_t merge_symbols(const MergeTable& merges, std::span<int32_t> symbols, int64_t& steps) {
  if (symbols.size() <= kMaxShort) return merge_few(merges, symbols, steps);
  RETRACE_CHECK(symbols.size() < static_cast<size_t>(INT32_MAX), "{} symbols", symbols.size());
  ManySymbols many(merges, symbols, steps);
  many.merge_all();
  return many.copy_to(symbols);
}

}  // namespace retrace::model
