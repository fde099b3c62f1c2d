#include "rollout/sequence.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace retrace::rollout {

Sequence::Sequence(int64_t group_idx, int64_t completion_idx, core::RandomStream stream,
                   int64_t first_position)
    : group_idx_(group_idx),
      completion_idx_(completion_idx),
      stream_(stream),
      first_position_(first_position) {}

double Sequence::next_uniform() const {
  return stream_.uniform(static_cast<uint64_t>(num_tokens()));
}

int64_t Sequence::last_id() const {
  RETRACE_CHECK(!ids_.empty(), "group {}, completion {}: no token drawn yet", group_idx_,
                completion_idx_);
  return ids_.back();
}

int64_t Sequence::last_position() const {
  RETRACE_CHECK(!ids_.empty(), "group {}, completion {}: no token drawn yet", group_idx_,
                completion_idx_);
  return first_position_ + num_tokens() - 1;
}

void Sequence::append(int64_t id, float logprob, const StopRule& rule) {
  RETRACE_CHECK(!has_ended(), "group {}, completion {}: has ended after {} tokens", group_idx_,
                completion_idx_, num_tokens());
  ids_.push_back(id);
  logprobs_.push_back(logprob);
  const std::vector<int64_t>& stop_ids = *rule.stop_ids;
  if (std::find(stop_ids.begin(), stop_ids.end(), id) != stop_ids.end()) {
    finish_ = FinishReason::kStop;
  } else if (num_tokens() >= rule.max_new_tokens) {
    finish_ = FinishReason::kLength;
  }
}

Completion Sequence::take_completion() {
  RETRACE_CHECK(has_ended(), "group {}, completion {}: has not ended", group_idx_, completion_idx_);
  Completion completion;
  completion.ids = std::move(ids_);
  completion.logprobs = std::move(logprobs_);
  completion.finish = *finish_;
  return completion;
}

std::vector<int64_t> Sequence::ids_without_stop() const {
  std::vector<int64_t> ids = ids_;
  if (finish_ == FinishReason::kStop) ids.pop_back();
  return ids;
}

}  // namespace retrace::rollout
