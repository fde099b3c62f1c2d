// Packs prompts and their completions into one row of tokens for training and scoring.
//
// A group becomes one prompt segment and one segment a completion that shares it: [prompt | r1 | r2
// | ... | rG]. The prompt is computed once. A group with one completion becomes a single segment.
// The last token of a completion predicts nothing and gets no row; the first token is predicted by
// the prompt's last row.
//
// Note [Dropout follows the row]: the dropout key of a row is drawn from (seed, stage, slot, prompt
// or completion, position), where a slot is one draw of a prompt in the run and so implies the
// step. Where the row lies in which micro-batch on which rank, and whether completions share the
// prompt's rows, changes no key; a resumed run draws the same ones. Rows of the vision tower have
// no keys: one pass serves rollout and learner, so adapters there train without dropout.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/random.h"
#include "kernels/attention_plan.h"
#include "kernels/token_logprob.h"
#include "model/prompt.h"
#include "model/qwen_vl.h"

namespace retrace::rl {

struct PackItem {
  const model::PromptTokens* prompt = nullptr;                // not owned
  std::vector<const std::vector<int64_t>*> completions = {};  // not owned; each at least one token
  at::Tensor vision_rows = {};                                // [R_v, D]; undefined for text only
  // Names this draw of the prompt; empty: no dropout. See Note [Dropout follows the row].
  std::optional<core::RandomStream> dropout = {};
  int64_t first_completion = 0;  // place of completions[0] in its group
};

struct PackedBatch {
  at::Tensor ids_T;         // [T] int64
  at::Tensor positions_3T;  // [3, T] int64
  kernels::AttentionPlan plan;
  at::Tensor predicting_R;  // [R] int64: row of the hidden state that predicts the response token
  at::Tensor labels_R;      // [R] int64: the response tokens, completion after completion
  std::vector<int64_t> completion_lengths;  // [C], sums to R
  at::Tensor vision_rows;     // rows of all items, in order; undefined if none has any
  at::Tensor dropout_keys_T;  // [T] int64 (kernels/row_dropout.h); undefined: no dropout
};

// Rows are filled up to a multiple of this with a segment of its own that nothing reads, so that
// few different row counts occur (kernels/linear.h says why that matters).
inline constexpr int64_t kRowMultiple = 128;

PackedBatch pack(std::span<const PackItem> items);

// Rows an item takes in a packed batch.
int64_t packed_rows(const PackItem& item);

// Splits items, in order, into micro-batches of at most `max_rows` rows each; an item with more is
// alone.
std::vector<std::vector<PackItem>> split_by_rows(std::span<const PackItem> items, int64_t max_rows);

// Log-probs and entropies of the response tokens: one forward pass over the plan, head on response
// rows only.
kernels::TokenLogprob response_logprobs(const model::QwenVl& model, const PackedBatch& batch,
                                        double temperature);

}  // namespace retrace::rl
