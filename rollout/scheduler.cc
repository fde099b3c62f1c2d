#include "rollout/scheduler.h"

#include <numeric>
#include <utility>

#include "core/error.h"

namespace retrace::rollout {

Scheduler::Scheduler(std::vector<int64_t> group_sizes, int64_t num_rows)
    : group_sizes_(std::move(group_sizes)), num_unfinished_(group_sizes_) {
  RETRACE_CHECK(num_rows >= 1, "scheduler: needs at least one row, got {}", num_rows);
  for (size_t group_idx = 0; group_idx < group_sizes_.size(); ++group_idx) {
    RETRACE_CHECK(group_sizes_[group_idx] >= 1, "scheduler: group {} has {} completions", group_idx,
                  group_sizes_[group_idx]);
  }
  group_of_row_.assign(static_cast<size_t>(num_rows), kFree);
  num_waiting_ = std::accumulate(group_sizes_.begin(), group_sizes_.end(), int64_t{0});
}

std::vector<Placement> Scheduler::fill() {
  std::vector<Placement> placed;
  for (int64_t row = 0; row < num_rows() && num_waiting_ > 0; ++row) {
    if (is_occupied(row)) continue;
    placed.push_back({row, next_group_, next_completion_});
    group_of_row_[row] = next_group_;
    ++num_occupied_;
    --num_waiting_;
    if (++next_completion_ == group_sizes_[next_group_]) {
      ++next_group_;
      next_completion_ = 0;
    }
  }
  return placed;
}

bool Scheduler::release(int64_t row) {
  RETRACE_CHECK(row >= 0 && row < num_rows() && is_occupied(row),
                "scheduler: row {} of {} holds no sequence", row, num_rows());
  const int64_t group_idx = std::exchange(group_of_row_[row], kFree);
  --num_occupied_;
  return --num_unfinished_[group_idx] == 0;
}

}  // namespace retrace::rollout
