#include "rl/packed_batch.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/error.h"

namespace retrace::rl {
namespace {

// Collects rows in order; tensors are made once at the end.
class Packer {
 public:
  void add(const PackItem& item) {
    RETRACE_CHECK(item.prompt != nullptr && !item.completions.empty(),
                  "an item without prompt or completions");
    fill_id_ = item.prompt->ids.back();  // a text token, never a vision placeholder
    const int64_t prompt_begin = num_rows();
    ids_.insert(ids_.end(), item.prompt->ids.begin(), item.prompt->ids.end());
    positions_.push_back(item.prompt->positions);
    const int64_t prompt_end = num_rows();
    add_keys(item, 0, prompt_end - prompt_begin);
    const bool single = item.completions.size() == 1;
    const auto prompt_segment = static_cast<int64_t>(batch_.plan.segments.size());
    batch_.plan.segments.push_back({prompt_begin, prompt_end, -1});
    auto part = static_cast<uint64_t>(item.first_completion);
    for (const std::vector<int64_t>* completion : item.completions) {
      const int64_t begin = num_rows();
      add_completion(*completion, prompt_end - 1, item.prompt->next_position);
      add_keys(item, ++part, num_rows() - begin);
      if (single) {
        batch_.plan.segments.back().end = num_rows();
      } else if (num_rows() > begin) {
        batch_.plan.segments.push_back({begin, num_rows(), prompt_segment});
      }
    }
    if (item.vision_rows.defined()) vision_.push_back(item.vision_rows);
  }

  PackedBatch finish() {
    fill_up();
    batch_.ids_T = at::tensor(ids_, at::kLong);
    batch_.positions_3T = at::cat(positions_, 1);
    batch_.predicting_R = at::tensor(predicting_, at::kLong);
    batch_.labels_R = at::tensor(labels_, at::kLong);
    if (has_dropout_) batch_.dropout_keys_T = at::tensor(dropout_keys_, at::kLong);
    if (!vision_.empty()) batch_.vision_rows = at::cat(vision_, 0);
    return std::move(batch_);
  }

 private:
  int64_t num_rows() const { return static_cast<int64_t>(ids_.size()); }

  // `part` 0 is the prompt, k + 1 completion k of the group.
  void add_keys(const PackItem& item, uint64_t part, int64_t num_keys) {
    if (!item.dropout) {
      dropout_keys_.resize(dropout_keys_.size() + static_cast<size_t>(num_keys), 0);
      return;
    }
    has_dropout_ = true;
    const core::RandomStream stream = item.dropout->substream(part);
    for (int64_t position = 0; position < num_keys; ++position) {
      dropout_keys_.push_back(static_cast<int64_t>(stream.bits(static_cast<uint64_t>(position))));
    }
  }

  void add_completion(const std::vector<int64_t>& completion, int64_t prompt_last_row,
                      int64_t next_position) {
    RETRACE_CHECK(!completion.empty(), "a completion without tokens");
    const auto length = static_cast<int64_t>(completion.size());
    const int64_t first_row = num_rows();
    for (int64_t t = 0; t < length; ++t) {
      predicting_.push_back(t == 0 ? prompt_last_row : first_row + t - 1);
      labels_.push_back(completion[static_cast<size_t>(t)]);
    }
    ids_.insert(ids_.end(), completion.begin(), completion.end() - 1);
    if (length > 1) {
      positions_.push_back(
          at::arange(next_position, next_position + length - 1, at::kLong).expand({3, length - 1}));
    }
    batch_.completion_lengths.push_back(length);
  }

  void fill_up() {
    const int64_t missing = (kRowMultiple - num_rows() % kRowMultiple) % kRowMultiple;
    if (missing == 0) return;
    batch_.plan.segments.push_back({num_rows(), num_rows() + missing, -1});
    ids_.insert(ids_.end(), static_cast<size_t>(missing), fill_id_);
    positions_.push_back(at::zeros({3, missing}, at::kLong));
    dropout_keys_.resize(ids_.size(), 0);
  }

  PackedBatch batch_;
  int64_t fill_id_ = 0;
  std::vector<int64_t> ids_, predicting_, labels_, dropout_keys_;
  bool has_dropout_ = false;
  std::vector<at::Tensor> positions_, vision_;
};

}  // namespace

PackedBatch pack(std::span<const PackItem> items) {
  Packer packer;
  for (const PackItem& item : items) packer.add(item);
  return packer.finish();
}

int64_t packed_rows(const PackItem& item) {
  auto rows = static_cast<int64_t>(item.prompt->ids.size());
  for (const std::vector<int64_t>* completion : item.completions)
    rows += static_cast<int64_t>(completion->size()) - 1;
  return rows;
}

std::vector<std::vector<PackItem>> split_by_rows(std::span<const PackItem> items,
                                                 int64_t max_rows) {
  std::vector<std::vector<PackItem>> micro_batches;
  int64_t rows = 0;
  for (const PackItem& item : items) {
    const int64_t item_rows = packed_rows(item);
    if (micro_batches.empty() || rows + item_rows > max_rows) {
      micro_batches.emplace_back();
      rows = 0;
    }
    micro_batches.back().push_back(item);
    rows += item_rows;
  }
  return micro_batches;
}

kernels::TokenLogprob response_logprobs(const model::QwenVl& model, const PackedBatch& batch,
                                        double temperature) {
  const model::DecoderInput input = model.embed(batch.ids_T, batch.vision_rows);
  model::PackedContext attention(batch.plan);
  const at::Tensor hidden =
      model.hidden_states(input, batch.positions_3T, attention, batch.dropout_keys_T);
  return kernels::token_logprob(hidden.index_select(0, batch.predicting_R), model.head_weight(),
                                batch.labels_R, temperature);
}

}  // namespace retrace::rl
