#include "model/qwen_vl.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "core/shape.h"
#include "kernels/linear.h"

// T packed tokens, D model, R vision rows, V vocabulary.

namespace retrace::model {
namespace {

// Rows of the packed batch that hold a vision placeholder, in order.
std::vector<int64_t> placeholder_rows(const at::Tensor& ids_T, const ModelConfig& config) {
  std::vector<int64_t> rows;
  const int64_t* ids = ids_T.const_data_ptr<int64_t>();
  for (int64_t row = 0; row < ids_T.size(0); ++row) {
    RETRACE_CHECK(ids[row] >= 0 && ids[row] < config.vocab_size,
                  "embed: token {} at row {} is outside the vocabulary [0, {})", ids[row], row,
                  config.vocab_size);
    if (ids[row] == config.video_token_id || ids[row] == config.image_token_id) rows.push_back(row);
  }
  return rows;
}

}  // namespace

QwenVl::QwenVl(ModelConfig config, Weights weights)
    : config_(std::move(config)),
      weights_(std::move(weights)),
      decoder_(config_, ParameterIndex(weights_.specs())) {
  const ParameterIndex index(weights_.specs());
  if (config_.has_vision()) vision_tower_.emplace(config_.vision, index);
  embedding_ = index("model.embed_tokens.weight");
  head_ = config_.tie_word_embeddings ? embedding_ : index("lm_head.weight");
}

at::Tensor QwenVl::vision_embeddings(const at::Tensor& pixel_values,
                                     const std::vector<GridThw>& grids) const {
  RETRACE_CHECK(vision_tower_.has_value(), "vision_embeddings: {} has no vision tower",
                to_string(config_.family));
  at::Tensor rows = vision_tower_->forward(weights_, pixel_values, grids);
  num_vision_passes_ += static_cast<int64_t>(grids.size());
  return rows;
}

DecoderInput QwenVl::embed(const at::Tensor& ids_T, const at::Tensor& vision_rows) const {
  core::check_shape(ids_T, {core::kAnySize}, "embed: ids");
  core::check_dtype(ids_T, at::kLong, "embed: ids");
  const at::Tensor ids = ids_T.contiguous();
  const std::vector<int64_t> rows = placeholder_rows(ids, config_);
  const int64_t num_placeholders = static_cast<int64_t>(rows.size());
  const int64_t num_vision_rows = vision_rows.defined() ? vision_rows.size(0) : 0;
  RETRACE_CHECK(num_placeholders == num_vision_rows,
                "embed: {} vision placeholders in the ids, {} rows of vision embeddings",
                num_placeholders, num_vision_rows);
  DecoderInput input{at::embedding(weights_.at(embedding_), ids)};
  if (num_vision_rows == 0) return input;
  const int64_t width = config_.hidden_size, num_outputs = config_.vision.num_outputs();
  core::check_shape(vision_rows, {num_vision_rows, num_outputs * width}, "embed: vision_rows");
  input.vision_tokens_R = at::tensor(rows, at::kLong);
  input.embeddings_TD = at::index_copy(input.embeddings_TD, 0, input.vision_tokens_R,
                                       vision_rows.narrow(1, 0, width));
  for (int64_t output = 1; output < num_outputs; ++output) {
    input.deepstack_RD.push_back(vision_rows.narrow(1, output * width, width));
  }
  return input;
}

at::Tensor QwenVl::hidden_states(const DecoderInput& input, const at::Tensor& positions_3T,
                                 AttentionContext& attention,
                                 const at::Tensor& dropout_keys_T) const {
  if (!dropout_keys_T.defined() || weights_.adapters() == nullptr) {
    return decoder_.forward(weights_, input, positions_3T, attention);
  }
  return decoder_.forward(weights_.with_dropout(dropout_keys_T), input, positions_3T, attention);
}

const at::Tensor& QwenVl::head_weight() const {
  return weights_.at(head_);
}

at::Tensor QwenVl::logits(const at::Tensor& hidden_TD) const {
  return kernels::linear(hidden_TD, head_weight());
}

}  // namespace retrace::model
