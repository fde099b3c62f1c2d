#include "rollout/generation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/shape.h"
#include "rollout/logits_guard.h"

namespace retrace::rollout {
namespace {

// Adds the time from its making to its end to a total.
class Stopwatch {
 public:
  explicit Stopwatch(double& total_s) : total_s_(total_s), start_(Clock::now()) {}
  ~Stopwatch() { total_s_ += std::chrono::duration<double>(Clock::now() - start_).count(); }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  using Clock = std::chrono::steady_clock;
  double& total_s_;
  Clock::time_point start_;
};

std::vector<int64_t> group_sizes(std::span<const RolloutRequest> requests) {
  std::vector<int64_t> sizes;
  for (size_t group_idx = 0; group_idx < requests.size(); ++group_idx) {
    const RolloutRequest& request = requests[group_idx];
    RETRACE_CHECK(request.prompt != nullptr && !request.prompt->ids.empty(),
                  "request {} has no prompt", group_idx);
    RETRACE_CHECK(request.num_completions >= 1, "request {} asks for {} completions", group_idx,
                  request.num_completions);
    core::check_shape(request.prompt->positions,
                      {3, static_cast<int64_t>(request.prompt->ids.size())}, "prompt positions");
    sizes.push_back(request.num_completions);
  }
  return sizes;
}

// No more rows than sequences: the others would be idle for the whole call.
int64_t num_used_rows(std::span<const RolloutRequest> requests, int64_t tile_rows) {
  int64_t num_sequences = 0;
  for (const RolloutRequest& request : requests) num_sequences += request.num_completions;
  return std::clamp<int64_t>(num_sequences, 1, tile_rows);
}

}  // namespace

Generation::Generation(const model::QwenVl& model, const model::Tokenizer& tokenizer,
                       const RolloutOptions& options, std::span<const RolloutRequest> requests,
                       RolloutStats& stats)
    : model_(model),
      tokenizer_(tokenizer),
      options_(options),
      requests_(requests),
      stats_(stats),
      stop_rule_{&options.stop_ids, options.max_new_tokens},
      scheduler_(group_sizes(requests), num_used_rows(requests, options.tile_rows)),
      slabs_(scheduler_.num_rows() + 1, model.config().num_layers, options.max_new_tokens,
             model.config().num_kv_heads, model.config().head_dim()),
      tile_ids_(at::zeros({options.tile_rows}, at::kLong)),
      tile_positions_(at::zeros({3, options.tile_rows}, at::kLong)),
      rows_(static_cast<size_t>(scheduler_.num_rows())),
      group_states_(requests.size()),
      groups_(requests.size()) {
  stats_ = {};
  for (size_t group_idx = 0; group_idx < requests.size(); ++group_idx) {
    groups_[group_idx].completions.resize(static_cast<size_t>(requests[group_idx].num_completions));
  }
}

std::vector<RolloutGroup> Generation::run(int64_t policy_version, const OnGroup& on_group) {
  const at::NoGradGuard no_grad;
  while (!scheduler_.done()) {
    fill_tile();
    if (scheduler_.num_occupied() > 0) decode_step();
    for (const size_t group_idx : std::exchange(ended_groups_, {})) {
      RolloutGroup& group = groups_[group_idx];
      for (Completion& completion : group.completions) completion.policy_version = policy_version;
      if (on_group) on_group(group_idx, group);
    }
  }
  return std::move(groups_);
}

// A completion may end with its first token, which frees its row at once: fill until nothing more
// fits.
void Generation::fill_tile() {
  for (auto placed = scheduler_.fill(); !placed.empty(); placed = scheduler_.fill()) {
    for (const Placement& placement : placed) {
      const RolloutRequest& request = requests_[placement.group_idx];
      if (!group_states_[placement.group_idx]) prefill(placement.group_idx);
      rows_[placement.row].emplace(
          placement.group_idx, placement.completion_idx,
          request.stream.substream(static_cast<uint64_t>(placement.completion_idx)),
          request.prompt->next_position);
      take_token(placement.row,
                 group_states_[placement.group_idx]->first_logits.const_data_ptr<float>());
    }
  }
}

void Generation::prefill(int64_t group_idx) {
  const Stopwatch watch(stats_.prefill_s);
  const RolloutRequest& request = requests_[group_idx];
  const int64_t num_tokens = static_cast<int64_t>(request.prompt->ids.size());
  const at::Tensor ids = at::tensor(request.prompt->ids, at::kLong);
  PrefillContext context(num_tokens);
  const at::Tensor hidden = model_.hidden_states(model_.embed(ids, request.vision_rows),
                                                 request.prompt->positions, context);
  const at::Tensor logits =
      model_.logits(hidden.narrow(0, num_tokens - 1, 1)).to(at::kFloat).contiguous();
  group_states_[group_idx].emplace(GroupState{context.take_prefix(), logits});
  ++stats_.num_prefills;
  stats_.num_prompt_tokens += num_tokens;
  const int64_t num_prefixes = std::count_if(group_states_.begin(), group_states_.end(),
                                             [](const auto& state) { return state.has_value(); });
  stats_.peak_prefixes = std::max(stats_.peak_prefixes, num_prefixes);
}

void Generation::decode_step() {
  const at::Tensor logits_BV = tile_logits();
  const float* logits = logits_BV.const_data_ptr<float>();
  const Stopwatch watch(stats_.sample_s);
  for (int64_t row = 0; row < scheduler_.num_rows(); ++row) {
    if (scheduler_.is_occupied(row)) take_token(row, logits + row * logits_BV.size(1));
  }
}

// See Note [Decode runs full tiles]. Idle rows write to the scratch slab and attend to their own
// token only.
at::Tensor Generation::tile_logits() {
  const Stopwatch watch(stats_.decode_s);
  const int64_t tile_rows = options_.tile_rows;
  int64_t* ids = tile_ids_.mutable_data_ptr<int64_t>();
  int64_t* positions = tile_positions_.mutable_data_ptr<int64_t>();
  std::vector<DecodeSlot> slots(static_cast<size_t>(tile_rows),
                                DecodeSlot{nullptr, scheduler_.num_rows(), 1});
  const Sequence* last_live = nullptr;
  for (int64_t row = 0; row < scheduler_.num_rows(); ++row) {
    if (!scheduler_.is_occupied(row)) continue;
    last_live = &*rows_[row];
    slots[row] = {&group_states_[last_live->group_idx()]->prefix, row, last_live->num_tokens()};
  }
  for (int64_t row = 0; row < tile_rows; ++row) {
    const bool is_live = row < scheduler_.num_rows() && scheduler_.is_occupied(row);
    const Sequence& sequence = is_live ? *rows_[row] : *last_live;
    ids[row] = sequence.last_id();
    for (int64_t axis = 0; axis < 3; ++axis)
      positions[axis * tile_rows + row] = sequence.last_position();
  }
  DecodeContext context(slabs_, slots);
  ++stats_.num_decode_steps;
  const at::Tensor hidden =
      model_.hidden_states(model_.embed(tile_ids_, at::Tensor()), tile_positions_, context);
  return model_.logits(hidden).to(at::kFloat).contiguous();
}

void Generation::take_token(int64_t row, const float* logits_V) {
  Sequence& sequence = *rows_[row];
  const std::span<const float> logits(logits_V, static_cast<size_t>(model_.config().vocab_size));
  check_finite(logits, sequence);
  const kernels::SampledToken token = kernels::sample_token(
      logits, options_.sampling, options_.banned_ids, sequence.next_uniform());
  sequence.append(token.id, token.logprob, stop_rule_);
  ++stats_.num_completion_tokens;
  if (sequence.has_ended()) finish(row);
}

void Generation::finish(int64_t row) {
  Sequence& sequence = *rows_[row];
  std::string text = tokenizer_.decode(sequence.ids_without_stop(), /*skip_special=*/true);
  Completion& completion = groups_[sequence.group_idx()].completions[sequence.completion_idx()];
  const int64_t group_idx = sequence.group_idx();
  completion = sequence.take_completion();
  completion.text = std::move(text);
  rows_[row].reset();
  if (!scheduler_.release(row)) return;
  group_states_[group_idx].reset();
  ended_groups_.push_back(static_cast<size_t>(group_idx));
}

}  // namespace retrace::rollout
