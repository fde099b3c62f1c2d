#include "tests/rollout/tiny_policy.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "kernels/token_logprob.h"

namespace retrace::test {
namespace {

model::ModelConfig tiny_config() {
  model::ModelConfig config = model::read_model_config(RETRACE_SOURCE_DIR "/assets/tiny");
  config.vision.depth = 1;
  config.vision.embed_dim = 16;
  config.vision.num_heads = 2;
  config.vision.mlp_dim = 32;
  config.hidden_size = 64;
  config.intermediate_size = 96;
  config.num_layers = 2;
  config.num_heads = 4;
  config.num_kv_heads = 2;
  config.mrope_section = {2, 3, 3};
  config.tie_word_embeddings = false;
  return config;
}

// Wide matrices, so that distributions are far from flat and depend on context.
model::Weights wide_weights(const model::ModelConfig& config) {
  model::Weights weights(config);
  model::initialise_randomly(weights, 7);
  for (size_t i = 0; i < weights.specs().size(); ++i) {
    if (weights.specs()[i].shape.size() >= 2) weights.at(i).mul_(12.0);
  }
  return weights;
}

}  // namespace

TinyPolicy::TinyPolicy()
    : tokenizer(model::Tokenizer::from_file(RETRACE_SOURCE_DIR "/assets/tiny/tokenizer.json")),
      qwen(tiny_config(), wide_weights(tiny_config())) {}

model::PromptTokens TinyPolicy::text_prompt(const std::string& text) const {
  const std::vector<model::ChatMessage> chat = {
      {model::Role::kUser, {{model::ChatPart::Kind::kText, text}}}};
  return model::tokenize_prompt(tokenizer, qwen.config(),
                                model::family_chat_template(qwen.config().family), chat, {});
}

model::PromptTokens TinyPolicy::video_prompt(const std::string& text) const {
  using Kind = model::ChatPart::Kind;
  const std::vector<model::ChatMessage> chat = {
      {model::Role::kUser, {{Kind::kVideo, ""}, {Kind::kText, text}}}};
  const std::vector<model::VisionItem> items = {
      {model::VisionKind::kVideo, {.t = 1, .h = 4, .w = 4}, 1.0, {}}};
  return model::tokenize_prompt(tokenizer, qwen.config(),
                                model::family_chat_template(qwen.config().family), chat, items);
}

at::Tensor TinyPolicy::vision_rows(uint64_t seed) const {
  at::Tensor rows = at::empty({4, qwen.config().hidden_size}, at::kFloat);
  const core::RandomStream stream(seed, "vision rows");
  for (int64_t i = 0; i < rows.numel(); ++i) {
    rows.data_ptr<float>()[i] = static_cast<float>(stream.normal(static_cast<uint64_t>(i)));
  }
  return rows;
}

rollout::RolloutOptions TinyPolicy::options(int64_t max_new_tokens) const {
  rollout::RolloutOptions options;
  options.max_new_tokens = max_new_tokens;
  options.stop_ids = {qwen.config().eos_token_id, qwen.config().pad_token_id};
  options.banned_ids = model::unsampleable_ids(tokenizer, qwen.config());
  options.tile_rows = 8;
  return options;
}

TinyRequests::TinyRequests(const TinyPolicy& policy, int64_t num_completions) {
  prompts.push_back(policy.text_prompt("Which way did you turn?"));
  prompts.push_back(policy.video_prompt("What did you pass on the way back to the door?"));
  prompts.push_back(policy.text_prompt("Go."));
  const core::RandomStream sampling(11, "sampling");
  for (size_t i = 0; i < prompts.size(); ++i) {
    requests.push_back({&prompts[i], i == 1 ? policy.vision_rows(3) : at::Tensor(), num_completions,
                        sampling.substream(i)});
  }
}

PackedScores score_packed(const model::QwenVl& qwen, const rollout::RolloutRequest& request,
                          const rollout::RolloutGroup& group, double temperature) {
  const at::NoGradGuard no_grad;
  const int64_t prompt_length = static_cast<int64_t>(request.prompt->ids.size());
  std::vector<int64_t> ids = request.prompt->ids;
  std::vector<at::Tensor> positions = {request.prompt->positions};
  kernels::AttentionPlan plan{{{0, prompt_length, -1}}};
  for (const rollout::Completion& completion : group.completions) {
    const int64_t begin = static_cast<int64_t>(ids.size()),
                  length = static_cast<int64_t>(completion.ids.size());
    ids.insert(ids.end(), completion.ids.begin(), completion.ids.end());
    plan.segments.push_back({begin, begin + length, 0});
    const int64_t first = request.prompt->next_position;
    positions.push_back(at::arange(first, first + length, at::kLong).expand({3, length}));
  }
  model::PackedContext context(plan);
  const model::DecoderInput embeddings =
      qwen.embed(at::tensor(ids, at::kLong), request.vision_rows);
  const at::Tensor hidden = qwen.hidden_states(embeddings, at::cat(positions, 1), context);
  PackedScores scores;
  for (size_t g = 0; g < group.completions.size(); ++g) {
    const kernels::Segment& segment = plan.segments[g + 1];
    const at::Tensor predicting =
        at::cat({hidden.narrow(0, prompt_length - 1, 1),
                 hidden.narrow(0, segment.begin, segment.end - segment.begin - 1)});
    const at::Tensor labels = at::tensor(group.completions[g].ids, at::kLong);
    scores.logprobs.push_back(
        kernels::token_logprob(predicting, qwen.head_weight(), labels, temperature).logprob_T);
    scores.logits.push_back(qwen.logits(predicting));
  }
  return scores;
}

void expect_identical(const rollout::RolloutGroup& actual, const rollout::RolloutGroup& expected) {
  ASSERT_EQ(actual.completions.size(), expected.completions.size());
  for (size_t g = 0; g < expected.completions.size(); ++g) {
    const rollout::Completion &a = actual.completions[g], &e = expected.completions[g];
    EXPECT_EQ(a.ids, e.ids) << "completion " << g;
    EXPECT_EQ(a.logprobs, e.logprobs) << "completion " << g;
    EXPECT_EQ(a.text, e.text) << "completion " << g;
    EXPECT_EQ(a.finish, e.finish) << "completion " << g;
  }
}

}  // namespace retrace::test
