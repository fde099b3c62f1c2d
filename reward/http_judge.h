// A judge behind an OpenAI-compatible endpoint for chat completions.
//
// Every wait ends: a request has a deadline, a judgement with all its waits and retries has
// another, and SIGINT or SIGTERM end both within a second. What is refused for good (4xx), stays
// out of reach or is answered in another form than asked for until the retries are used up is a
// missing value.
//
// Note [Retry-After is kept or fails at once]: a wait after which a retry could still begin before
// the judgement's deadline is kept, and holds back the requests of all threads, so no pause is
// longer than one judgement may take. A longer one ends this judgement without a verdict at once
// and holds back nothing: the next asks the server again, which may say otherwise by then.
//
// Note [The key stays in memory]: it is read from the environment variable that the options name
// and goes into one header of the request. Nothing that is written (log lines, errors, the cache
// and its keys) is made from the request's header or from the text of a refusal, which may repeat
// the key.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "reward/chat_protocol.h"
#include "reward/http_client.h"
#include "reward/http_judge_options.h"
#include "reward/judge.h"
#include "reward/judge_cache.h"
#include "reward/rate_limiter.h"
#include "reward/retry_policy.h"

namespace retrace::reward {

class HttpJudge : public Judge {
 public:
  // Throws ConfigError if there is a problem or the variable `key_env` is not set, and DataError if
  // the cache's folder cannot be used. Makes no request.
  explicit HttpJudge(HttpJudgeOptions options);
  std::string_view name() const override { return "http"; }
  std::optional<JudgeVerdict> judge(const JudgeRequest& request) const override;
  JudgeCounts counts() const override;
  // Everything that decides the verdict, as the cache has it: endpoint and body.
  std::string cache_key(const JudgeRequest& request) const;

 private:
  struct Outcome {
    std::optional<JudgeVerdict> verdict;
    std::string error;  // empty with a verdict
    bool retry = false;
    double retry_after_s = -1;
  };
  // Of requests with one key at a time one goes out; the others find its verdict in the cache.
  class KeyLock;

  ChatRequest chat_request(const JudgeRequest& request, int64_t attempt) const;
  std::optional<JudgeVerdict> ask(const JudgeRequest& request, Clock::time_point deadline) const;
  Outcome attempt(const JudgeRequest& request, int64_t attempt, Clock::time_point deadline) const;
  Outcome read_reply(const HttpReply& reply) const;
  void report_failure(const std::string& error, int64_t num_attempts) const;

  const HttpJudgeOptions options_;
  std::string key_;
  std::unique_ptr<JudgeCache> cache_;
  mutable RetryJitter jitter_;
  mutable RateLimiter limiter_;
  mutable std::mutex keys_mutex_;
  mutable std::condition_variable keys_changed_;
  mutable std::set<std::string> keys_asked_;  // cache keys of requests under way
  mutable std::atomic<int64_t> asked_ = 0, failed_ = 0, cache_hits_ = 0, retries_ = 0;
  mutable std::atomic<int64_t> prompt_tokens_ = 0, completion_tokens_ = 0;
  mutable std::atomic<bool> warned_of_cache_ = false;
};

}  // namespace retrace::reward
