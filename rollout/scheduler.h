// Which sequences occupy the rows of the decode tile. No torch, no tokens: it counts.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::rollout {

// A sequence that just got a row.
struct Placement {
  int64_t row = 0;
  int64_t group_idx = 0;
  int64_t completion_idx = 0;
};

class Scheduler {
 public:
  // `group_sizes[i]` completions wait in group i; every size and `num_rows` at least 1.
  Scheduler(std::vector<int64_t> group_sizes, int64_t num_rows);

  // Gives free rows (lowest first) to waiting sequences, group after group, completion after
  // completion; returns what was placed.
  std::vector<Placement> fill();

  // Ends the sequence in `row` and frees the row. True if it was the last of its group: its prefix
  // may go.
  bool release(int64_t row);

  int64_t num_rows() const { return static_cast<int64_t>(group_of_row_.size()); }
  bool is_occupied(int64_t row) const { return group_of_row_[row] != kFree; }
  int64_t num_occupied() const { return num_occupied_; }
  int64_t num_waiting() const { return num_waiting_; }
  // Nothing waits and every row is free.
  bool done() const { return num_waiting_ == 0 && num_occupied_ == 0; }

 private:
  static constexpr int64_t kFree = -1;

  std::vector<int64_t> group_sizes_;
  std::vector<int64_t> num_unfinished_;           // of each group, waiting ones included
  std::vector<int64_t> group_of_row_;             // or kFree
  int64_t next_group_ = 0, next_completion_ = 0;  // the first waiting sequence
  int64_t num_waiting_ = 0, num_occupied_ = 0;
};

}  // namespace retrace::rollout
