// The state of one generation: what was drawn so far and whether it has ended. No torch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/random.h"
#include "rollout/completion.h"

namespace retrace::rollout {

// When a sequence ends. `stop_ids` is not owned.
struct StopRule {
  const std::vector<int64_t>* stop_ids = nullptr;
  int64_t max_new_tokens = 1;
};

class Sequence {
 public:
  // Completion `completion_idx` of group `group_idx`. Token t draws stream.uniform(t) and stands at
  // position first_position + t on all axes.
  Sequence(int64_t group_idx, int64_t completion_idx, core::RandomStream stream,
           int64_t first_position);

  int64_t group_idx() const { return group_idx_; }
  int64_t completion_idx() const { return completion_idx_; }
  int64_t num_tokens() const { return static_cast<int64_t>(ids_.size()); }
  const std::vector<int64_t>& ids() const { return ids_; }

  // In [0, 1): picks the token that append() takes next.
  double next_uniform() const;
  // The last token and its position: the input of the next decode step. At least one token must be
  // there.
  int64_t last_id() const;
  int64_t last_position() const;

  // A stop id ends the sequence with kStop, also as its last allowed token. Throws InternalError
  // once ended.
  void append(int64_t id, float logprob, const StopRule& rule);
  bool has_ended() const { return finish_.has_value(); }

  // Ids, log-probs and finish reason of an ended sequence, moved out; text and version are the
  // caller's.
  Completion take_completion();
  // The drawn ids without the stop token.
  std::vector<int64_t> ids_without_stop() const;

 private:
  int64_t group_idx_, completion_idx_;
  core::RandomStream stream_;
  int64_t first_position_;
  std::vector<int64_t> ids_;
  std::vector<float> logprobs_;
  std::optional<FinishReason> finish_;
};

}  // namespace retrace::rollout
