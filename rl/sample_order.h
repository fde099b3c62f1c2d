// Which samples a step sees: the k-th slot of the run is sample epoch_order(k / N)[k % N]. A pure
// function of (seed, step), so a resumed run needs no data position.
#pragma once

#include <cstdint>
#include <vector>

namespace retrace::rl {

class SampleOrder {
 public:
  SampleOrder(int64_t num_samples, uint64_t seed) : num_samples_(num_samples), seed_(seed) {}
  // Sample indices of slots [first_slot, first_slot + count).
  std::vector<int64_t> slots(int64_t first_slot, int64_t count);

 private:
  int64_t num_samples_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of epoch_
};

// The slots of step `step` that rank `rank` of `world_size` works on: a contiguous share of
// prompts_per_step.
struct SlotRange {
  int64_t first = 0, count = 0;  // slots of the run
};
SlotRange rank_slots(int64_t step, int64_t prompts_per_step, int rank, int world_size);

}  // namespace retrace::rl
