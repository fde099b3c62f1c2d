// Qwen2-VL: vision tower, merger and M-RoPE decoder as pure functions of weights and inputs. The
// same code serves training, prefill and decode; only the AttentionContext differs.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "model/attention_context.h"
#include "model/decoder.h"
#include "model/model_config.h"
#include "model/vision_preprocess.h"
#include "model/vision_tower.h"
#include "model/weights.h"

namespace retrace::model {

class QwenVl {
 public:
  QwenVl(ModelConfig config, Weights weights);

  const ModelConfig& config() const { return config_; }
  const Weights& weights() const { return weights_; }
  Weights& weights() { return weights_; }

  // Vision tower and merger: pixel_values [sum of patches, C*2*14*14], one grid a video -> [rows,
  // D]. Each call adds the number of videos to num_vision_passes().
  at::Tensor vision_embeddings(const at::Tensor& pixel_values,
                               const std::vector<GridThw>& grids) const;
  int64_t num_vision_passes() const { return num_vision_passes_; }

  // Token embeddings [T, D] with the rows of video and image placeholders replaced, in order, by
  // `vision_rows` [R, D] (undefined: none). Throws InternalError if R is not the number of
  // placeholders.
  at::Tensor embed(const at::Tensor& ids_T, const at::Tensor& vision_rows) const;

  // Decoder and final norm: embeddings [T, D], positions [3, T] -> hidden [T, D]. With keys [T]
  // int64 the adapters' dropout is on (kernels/row_dropout.h).
  at::Tensor hidden_states(const at::Tensor& embeddings_TD, const at::Tensor& positions_3T,
                           AttentionContext& attention,
                           const at::Tensor& dropout_keys_T = {}) const;

  const at::Tensor& head_weight() const;                 // [V, D]
  at::Tensor logits(const at::Tensor& hidden_TD) const;  // [T, V]

 private:
  ModelConfig config_;
  Weights weights_;
  VisionTower vision_tower_;
  Decoder decoder_;
  size_t embedding_ = 0, head_ = 0;  // indices into weights_
  mutable int64_t num_vision_passes_ = 0;
};

}  // namespace retrace::model
