// Every ModelFamily: vision tower, merger and M-RoPE decoder as pure functions of weights and
// inputs. The same code serves training, prefill and decode; only the AttentionContext differs.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
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

  // Vision tower and mergers: pixel_values [sum of patches, C*2*p*p], one grid a video or image ->
  // [R, K*D], K = config().vision.num_outputs(): the tokens, then deepstack features. Each call
  // adds the number of grids to num_vision_passes(). Throws InternalError for a text-only model.
  at::Tensor vision_embeddings(const at::Tensor& pixel_values,
                               const std::vector<GridThw>& grids) const;
  int64_t num_vision_passes() const { return num_vision_passes_; }

  // Token embeddings with the rows of video and image placeholders replaced, in order, by the first
  // D columns of `vision_rows` [R, K*D] (undefined: none); the other columns go along as deepstack
  // features. Throws InternalError if R is not the number of placeholders.
  DecoderInput embed(const at::Tensor& ids_T, const at::Tensor& vision_rows) const;

  // Decoder and final norm: positions [3, T] -> hidden [T, D]. With keys [T] int64 the adapters'
  // dropout is on (kernels/row_dropout.h).
  at::Tensor hidden_states(const DecoderInput& input, const at::Tensor& positions_3T,
                           AttentionContext& attention,
                           const at::Tensor& dropout_keys_T = {}) const;

  const at::Tensor& head_weight() const;                 // [V, D]
  at::Tensor logits(const at::Tensor& hidden_TD) const;  // [T, V]

 private:
  ModelConfig config_;
  Weights weights_;
  std::optional<VisionTower> vision_tower_;
  Decoder decoder_;
  size_t embedding_ = 0, head_ = 0;  // indices into weights_
  mutable int64_t num_vision_passes_ = 0;
};

}  // namespace retrace::model
