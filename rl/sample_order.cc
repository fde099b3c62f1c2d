#include "rl/sample_order.h"

#include "core/error.h"
#include "data/jsonl_dataset.h"

namespace retrace::rl {

std::vector<int64_t> SampleOrder::slots(int64_t first_slot, int64_t count) {
  RETRACE_CHECK(num_samples_ > 0, "an order over no samples");
  std::vector<int64_t> samples;
  for (int64_t slot = first_slot; slot < first_slot + count; ++slot) {
    const int64_t epoch = slot / num_samples_;
    if (epoch != epoch_) {
      order_ = data::epoch_order(num_samples_, seed_, epoch);
      epoch_ = epoch;
    }
    samples.push_back(order_[static_cast<size_t>(slot % num_samples_)]);
  }
  return samples;
}

SlotRange rank_slots(int64_t step, int64_t prompts_per_step, int rank, int world_size) {
  RETRACE_CHECK(prompts_per_step % world_size == 0, "{} prompts over {} ranks", prompts_per_step,
                world_size);
  const int64_t share = prompts_per_step / world_size;
  return {step * prompts_per_step + rank * share, share};
}

}  // namespace retrace::rl
