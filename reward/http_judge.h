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
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "reward/chat_protocol.h"
#include "reward/http_client.h"
#include "reward/judge.h"
#include "reward/judge_cache.h"
#include "reward/rate_limiter.h"
#include "reward/retry_policy.h"

namespace retrace::reward {

struct HttpJudgeOptions {
  std::string endpoint;      // whole URL, ".../v1/chat/completions"
  std::string model;         // as the server calls it
  std::string key_env;       // environment variable with the API key; empty: no key
  std::string prompt;        // template (reward/judge_prompt.h); empty: the default
  bool reply_schema = true;  // ask the server to hold the model to the form (response_format)
  int64_t max_tokens = 100;  // of a reply
  int64_t seed = 1;
  double deadline_s = 30;         // of a request
  double total_deadline_s = 120;  // of a judgement
  RetryOptions retry;
  double requests_per_second = 0;      // 0: no limit
  int64_t concurrency = 8;             // requests at a time
  std::filesystem::path cache_folder;  // empty: no cache
  double usd_per_million_prompt_tokens = 0, usd_per_million_completion_tokens = 0;
};

struct OptionProblem {
  std::string option;   // as recipes call it: "endpoint"
  std::string message;  // a sentence without the option's value, which may be a key by mistake
};
// The first option that cannot be used. Does not look at the environment.
std::optional<OptionProblem> find_problem(const HttpJudgeOptions& options);
// The same of `endpoint` and `key_env` only, where a key may stand by mistake; empty ones are good.
// For whoever writes the options down without using them.
std::optional<OptionProblem> find_key_problem(const HttpJudgeOptions& options);

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
