// A judge that is a checkpoint, run by the project's own engine in this process.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "model/chat_template.h"
#include "model/qwen_vl.h"
#include "model/tokenizer.h"
#include "reward/judge.h"
#include "rollout/engine.h"

namespace retrace::rl {

struct LocalJudgeOptions {
  std::filesystem::path path;  // model folder in Hugging Face layout
  std::string prompt;          // template (reward/judge_prompt.h); empty: the default
  int64_t max_tokens = 100;    // of a reply
};

// Greedy, so a request always has the same verdict. One request at a time, the others wait. A reply
// in another form than asked for (reward/judge_reply.h), texts that the chat template refuses, and
// texts with more positions than the model is made for are missing values.
class LocalJudge : public reward::Judge {
 public:
  // Loads the model, which stays in memory beside the one that trains. Throws ConfigError and
  // CheckpointError.
  explicit LocalJudge(LocalJudgeOptions options);
  std::string_view name() const override { return "local"; }
  std::optional<reward::JudgeVerdict> judge(const reward::JudgeRequest& request) const override;
  reward::JudgeCounts counts() const override;

 private:
  std::string reply_to(const reward::JudgeRequest& request) const;

  const LocalJudgeOptions options_;
  const std::unique_ptr<const model::QwenVl> model_;
  const model::Tokenizer tokenizer_;
  const model::ChatTemplate chat_;
  const rollout::RolloutEngine engine_;
  mutable std::mutex mutex_;
  mutable std::atomic<int64_t> asked_ = 0, failed_ = 0;
};

}  // namespace retrace::rl
