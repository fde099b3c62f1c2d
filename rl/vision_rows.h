// The vision tower's rows of one prompt, computed once a step and used by rollout, reference and
// update alike.
//
// While the tower trains, its graph is kept: sampling reads detached rows, every micro-batch sends
// gradients into a leaf, and finish_backward() carries their sum through the tower in one backward
// pass.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <unordered_map>

#include "model/qwen_vl.h"
#include "rl/prepared_prompt.h"

namespace retrace::rl {

class VisionRows {
 public:
  VisionRows() = default;  // a prompt without video
  VisionRows(const model::QwenVl& model, const PreparedPrompt& prompt, bool train);
  explicit VisionRows(at::Tensor frozen_rows) : detached_(std::move(frozen_rows)) {}

  const at::Tensor& detached() const { return detached_; }  // [R, K*D] or undefined
  const at::Tensor& for_training() const { return leaf_.defined() ? leaf_ : detached_; }
  // After the last backward pass of the step's losses; does nothing when the tower is frozen.
  void finish_backward();

 private:
  at::Tensor with_graph_, leaf_, detached_;
};

// Rows of a tower that never changes, kept across steps up to a byte budget.
class FrozenVisionRows {
 public:
  explicit FrozenVisionRows(int64_t max_bytes) : max_bytes_(max_bytes) {}
  // `sample_index` names the video and prompt.
  at::Tensor get(const model::QwenVl& model, const PreparedPrompt& prompt, int64_t sample_index);

 private:
  int64_t max_bytes_, bytes_ = 0;
  std::unordered_map<int64_t, at::Tensor> rows_;
};

}  // namespace retrace::rl
