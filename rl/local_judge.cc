#include "rl/local_judge.h"

#include <ATen/ATen.h>

#include <utility>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "model/checkpoint_files.h"
#include "model/prompt.h"
#include "reward/judge_prompt.h"
#include "reward/judge_reply.h"
#include "rl/prepared_prompt.h"

namespace retrace::rl {
namespace {

constexpr int64_t kMaxLoggedFailures = 5;

std::unique_ptr<const model::QwenVl> load_model(const std::filesystem::path& folder) {
  model::ModelConfig config = model::read_model_config(folder);
  model::Weights weights(config);
  model::load_weights(folder, weights);
  return std::make_unique<const model::QwenVl>(std::move(config), std::move(weights));
}

rollout::RolloutOptions greedy_options(const model::Tokenizer& tokenizer,
                                       const model::ModelConfig& config, int64_t max_tokens) {
  rollout::RolloutOptions options;
  options.sampling.temperature = 0;
  options.max_new_tokens = max_tokens;
  options.stop_ids = model::stop_ids(tokenizer, config);
  options.banned_ids = model::unsampleable_ids(tokenizer, config);
  options.tile_rows = 1;
  return options;
}

void require_positions(const model::PromptTokens& prompt, int64_t num_new_tokens,
                       const model::ModelConfig& config) {
  const std::optional<int64_t> limit = config.max_positions;
  if (!limit || prompt.next_position + num_new_tokens <= *limit) return;
  core::throw_<core::DataError>(
      "the prompt of {} tokens and a reply of {}: expected at most {} positions "
      "(max_position_embeddings of its config.json)",
      prompt.next_position, num_new_tokens, *limit);
}

}  // namespace

LocalJudge::LocalJudge(LocalJudgeOptions options)
    : options_(std::move(options)),
      model_(load_model(options_.path)),
      tokenizer_(model::Tokenizer::from_folder(options_.path)),
      chat_(model::read_chat_template(options_.path, model_->config().family)),
      engine_(*model_, tokenizer_,
              greedy_options(tokenizer_, model_->config(), options_.max_tokens)) {
  if (!options_.prompt.empty()) reward::check_judge_prompt(options_.prompt);
}

std::string LocalJudge::reply_to(const reward::JudgeRequest& request) const {
  const at::NoGradGuard no_grad;
  const std::string text = reward::fill_judge_prompt(
      options_.prompt.empty() ? reward::default_judge_prompt() : options_.prompt, request);
  const std::vector<model::ChatMessage> messages =
      single_turn("", {{model::ChatPart::Kind::kText, text}});
  const model::PromptTokens prompt =
      model::tokenize_prompt(tokenizer_, model_->config(), chat_, messages, {});
  require_positions(prompt, options_.max_tokens, model_->config());
  const std::vector<rollout::RolloutRequest> requests = {
      {&prompt, {}, 1, core::RandomStream(0, "judge")}};
  return engine_.generate(requests, 0)[0].completions[0].text;
}

std::optional<reward::JudgeVerdict> LocalJudge::judge(const reward::JudgeRequest& request) const {
  const std::lock_guard lock(mutex_);
  ++asked_;
  std::optional<reward::JudgeVerdict> verdict;
  std::string error = "the reply is not the JSON object that was asked for";
  if (core::interrupt_signal() == 0) {
    try {
      verdict = reward::parse_judge_reply(reply_to(request));
    } catch (const core::DataError& refused) {
      error = refused.what();
    }
  } else {
    error = "interrupted";
  }
  if (verdict) {
    verdict->explanation = "judged by " + options_.path.string();
  } else if (++failed_ <= kMaxLoggedFailures) {
    core::log_warning("judge {}: no verdict: {}", options_.path.string(), error);
  }
  return verdict;
}

reward::JudgeCounts LocalJudge::counts() const {
  reward::JudgeCounts counts;
  counts.asked = asked_;
  counts.failed = failed_;
  return counts;
}

}  // namespace retrace::rl
