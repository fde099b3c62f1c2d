#include "rl/vision_rows.h"

#include <ATen/ATen.h>

namespace retrace::rl {

VisionRows::VisionRows(const model::QwenVl& model, const PreparedPrompt& prompt, bool train) {
  if (!prompt.has_vision()) return;
  if (!train) {
    const at::NoGradGuard no_grad;
    detached_ = model.vision_embeddings(prompt.patches.pixel_values, prompt.patches.grids);
    return;
  }
  with_graph_ = model.vision_embeddings(prompt.patches.pixel_values, prompt.patches.grids);
  detached_ = with_graph_.detach();
  leaf_ = with_graph_.detach().requires_grad_(true);
}

void VisionRows::finish_backward() {
  if (!leaf_.defined() || !leaf_.grad().defined()) return;
  with_graph_.backward(leaf_.grad());
  with_graph_.reset();
  leaf_.reset();
}

at::Tensor FrozenVisionRows::get(const model::QwenVl& model, const PreparedPrompt& prompt,
                                 int64_t sample_index) {
  if (!prompt.has_vision()) return {};
  if (const auto found = rows_.find(sample_index); found != rows_.end()) return found->second;
  const at::NoGradGuard no_grad;
  at::Tensor rows = model.vision_embeddings(prompt.patches.pixel_values, prompt.patches.grids);
  const auto size = static_cast<int64_t>(rows.nbytes());
  if (bytes_ + size <= max_bytes_) {
    rows_.emplace(sample_index, rows);
    bytes_ += size;
  }
  return rows;
}

}  // namespace retrace::rl
