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
      vision_tower_(config_.vision, ParameterIndex(weights_.specs())),
      decoder_(config_, ParameterIndex(weights_.specs())) {
  const ParameterIndex index(weights_.specs());
  embedding_ = index("model.embed_tokens.weight");
  head_ = config_.tie_word_embeddings ? embedding_ : index("lm_head.weight");
}

at::Tensor QwenVl::vision_embeddings(const at::Tensor& pixel_values,
                                     const std::vector<GridThw>& grids) const {
  at::Tensor rows_RD = vision_tower_.forward(weights_, pixel_values, grids);
  num_vision_passes_ += static_cast<int64_t>(grids.size());
  return rows_RD;
}

at::Tensor QwenVl::embed(const at::Tensor& ids_T, const at::Tensor& vision_rows) const {
  core::check_shape(ids_T, {core::kAnySize}, "embed: ids");
  core::check_dtype(ids_T, at::kLong, "embed: ids");
  const at::Tensor ids = ids_T.contiguous();
  const std::vector<int64_t> rows = placeholder_rows(ids, config_);
  const int64_t num_placeholders = static_cast<int64_t>(rows.size());
  const int64_t num_vision_rows = vision_rows.defined() ? vision_rows.size(0) : 0;
  RETRACE_CHECK(num_placeholders == num_vision_rows,
                "embed: {} vision placeholders in the ids, {} rows of vision embeddings",
                num_placeholders, num_vision_rows);
  const at::Tensor embeddings_TD = at::embedding(weights_.at(embedding_), ids);
  if (num_vision_rows == 0) return embeddings_TD;
  core::check_shape(vision_rows, {num_vision_rows, config_.hidden_size}, "embed: vision_rows");
  return at::index_copy(embeddings_TD, 0, at::tensor(rows, at::kLong), vision_rows);
}

at::Tensor QwenVl::hidden_states(const at::Tensor& embeddings_TD, const at::Tensor& positions_3T,
                                 AttentionContext& attention,
                                 const at::Tensor& dropout_keys_T) const {
  if (!dropout_keys_T.defined() || weights_.adapters() == nullptr) {
    return decoder_.forward(weights_, embeddings_TD, positions_3T, attention);
  }
  return decoder_.forward(weights_.with_dropout(dropout_keys_T), embeddings_TD, positions_3T,
                          attention);
}

const at::Tensor& QwenVl::head_weight() const {
  return weights_.at(head_);
}

at::Tensor QwenVl::logits(const at::Tensor& hidden_TD) const {
  return kernels::linear(hidden_TD, head_weight());
}

}  // namespace retrace::model
