#include "reward/http_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "reward/endpoint_url.h"
#include "reward/judge_prompt.h"
#include "reward/judge_reply.h"

namespace retrace::reward {
namespace {

constexpr int64_t kMaxLoggedFailures = 5;

bool is_interrupted() {
  return core::interrupt_signal() != 0;
}

Clock::time_point after(double seconds) {
  return Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

// The key from the environment. A variable that holds a line end would split the header.
std::string read_key(const HttpJudgeOptions& options) {
  if (options.key_env.empty()) return "";
  const char* const key = std::getenv(options.key_env.c_str());
  if (key == nullptr || *key == '\0') {
    core::throw_<core::ConfigError>(
        // The name may be a key, put here by mistake: it is not printed.
        "judge.key_env: the environment variable that it names is not set; export it, or leave "
        "key_env empty for a server without keys");
  }
  const std::string_view text = key;
  if (std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c == '\x7F'; })) {
    core::throw_<core::ConfigError>(
        "judge.key_env: the value of the variable that it names holds a space, a line end or a "
        "byte outside ASCII, which no key has; export it again without");
  }
  return key;
}

std::string refusal(int status, const std::string& key_env) {
  if (status == 401 || status == 403) {
    return fmt::format("HTTP {}: {}", status,
                       key_env.empty() ? "the server wants a key; name its variable with key_env"
                                       : "the server does not take the key in " + key_env);
  }
  if (status == 404) return "HTTP 404: no such endpoint or model; check endpoint and model";
  if (status == 400 || status == 422)
    return fmt::format(
        "HTTP {}: the server does not take the request; if it knows no "
        "response_format, set reply_schema to false",
        status);
  return fmt::format("HTTP {}", status);
}

std::string no_time_left(double retry_after_s) {
  if (retry_after_s <= 0) return "; no time left for a retry";
  return fmt::format(
      "; no time left for a retry after the {:g} s that the server asks to wait (Retry-After)",
      retry_after_s);
}

}  // namespace

// Holds a cache key until destroyed.
class HttpJudge::KeyLock {
 public:
  KeyLock(const HttpJudge& judge, std::string key, Clock::time_point deadline)
      : judge_(judge), key_(std::move(key)) {
    std::unique_lock lock(judge_.keys_mutex_);
    while (judge_.keys_asked_.contains(key_)) {
      if (is_interrupted() || Clock::now() >= deadline) return;
      judge_.keys_changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    is_held_ = judge_.keys_asked_.insert(key_).second;
  }
  ~KeyLock() {
    if (!is_held_) return;
    {
      const std::lock_guard lock(judge_.keys_mutex_);
      judge_.keys_asked_.erase(key_);
    }
    judge_.keys_changed_.notify_all();
  }
  KeyLock(const KeyLock&) = delete;
  KeyLock& operator=(const KeyLock&) = delete;

 private:
  const HttpJudge& judge_;
  const std::string key_;
  bool is_held_ = false;
};

HttpJudge::HttpJudge(HttpJudgeOptions options)
    : options_(std::move(options)), limiter_(options_.requests_per_second, options_.concurrency) {
  if (const std::optional<OptionProblem> problem = find_problem(options_))
    core::throw_<core::ConfigError>("judge.{}: {}", problem->option, problem->message);
  if (!options_.prompt.empty()) check_judge_prompt(options_.prompt);
  key_ = read_key(options_);
  if (!options_.cache_folder.empty()) cache_ = std::make_unique<JudgeCache>(options_.cache_folder);
  const bool is_plain = options_.endpoint.starts_with("http:") && !is_local_url(options_.endpoint);
  if (is_plain && !key_.empty()) {
    core::log_warning("judge.endpoint: the key in {} goes over the network unencrypted; use https",
                      options_.key_env);
  }
}

ChatRequest HttpJudge::chat_request(const JudgeRequest& request, int64_t attempt) const {
  return {.model = options_.model,
          .prompt = fill_judge_prompt(
              options_.prompt.empty() ? default_judge_prompt() : options_.prompt, request),
          .seed = options_.seed + attempt,  // the same seed would give the same bad reply
          .max_tokens = options_.max_tokens,
          .reply_schema = options_.reply_schema ? judge_reply_schema() : ""};
}

std::string HttpJudge::cache_key(const JudgeRequest& request) const {
  return options_.endpoint + "\n" + chat_body(chat_request(request, 0));
}

std::optional<JudgeVerdict> HttpJudge::judge(const JudgeRequest& request) const {
  ++asked_;
  const Clock::time_point deadline = after(options_.total_deadline_s);
  std::optional<JudgeVerdict> verdict;
  if (cache_) {
    const std::string key = cache_key(request);
    const KeyLock lock(*this, key, deadline);
    verdict = cache_->find(key);
    if (verdict) {
      ++cache_hits_;
      return verdict;
    }
    verdict = ask(request, deadline);
    if (verdict && !cache_->store(key, *verdict) && !warned_of_cache_.exchange(true)) {
      core::log_warning("{}: judge cache: a verdict cannot be written and will be asked for again",
                        options_.cache_folder.string());
    }
  } else {
    verdict = ask(request, deadline);
  }
  if (!verdict) ++failed_;
  return verdict;
}

std::optional<JudgeVerdict> HttpJudge::ask(const JudgeRequest& request,
                                           Clock::time_point deadline) const {
  const core::RandomStream jitter = jitter_.next();
  for (int64_t try_idx = 0;; ++try_idx) {
    Outcome outcome = attempt(request, try_idx, deadline);
    if (outcome.verdict) return outcome.verdict;
    if (is_interrupted()) outcome = {std::nullopt, "interrupted", false, -1};
    if (outcome.retry) {
      const Clock::time_point next =
          after(retry_delay(options_.retry, try_idx, outcome.retry_after_s, jitter).count());
      const bool has_time = next < deadline;
      // See Note [Retry-After is kept or fails at once].
      if (has_time && outcome.retry_after_s > 0) limiter_.pause_until(next);
      if (try_idx < options_.retry.retries) {
        if (has_time && sleep_until(next, is_interrupted)) {
          ++retries_;
          continue;
        }
        outcome.error += has_time ? "; interrupted" : no_time_left(outcome.retry_after_s);
      }
    }
    report_failure(outcome.error, try_idx + 1);
    return std::nullopt;
  }
}

HttpJudge::Outcome HttpJudge::attempt(const JudgeRequest& request, int64_t attempt,
                                      Clock::time_point deadline) const {
  const RateLimiter::Place place = limiter_.acquire(deadline, is_interrupted);
  if (!place) return {std::nullopt, "no turn came before the deadline", false, -1};
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  const auto allowed = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::duration<double>(options_.deadline_s));
  const HttpReply reply = http_post({.url = options_.endpoint,
                                     .body = chat_body(chat_request(request, attempt)),
                                     .bearer_token = key_,
                                     .deadline = std::min(left, allowed)},
                                    is_interrupted);
  return read_reply(reply);
}

HttpJudge::Outcome HttpJudge::read_reply(const HttpReply& reply) const {
  if (reply.status == 0) return {std::nullopt, reply.error, true, -1};
  if (reply.status < 200 || reply.status >= 300) {
    return {std::nullopt, refusal(reply.status, options_.key_env), is_worth_retrying(reply.status),
            reply.retry_after_s};
  }
  const std::optional<ChatReply> chat = parse_chat_reply(reply.body);
  if (!chat) return {std::nullopt, "the reply is cut short, or is no chat completion", true, -1};
  prompt_tokens_ += chat->prompt_tokens;
  completion_tokens_ += chat->completion_tokens;
  std::optional<JudgeVerdict> verdict;
  if (chat->text) verdict = parse_judge_reply(*chat->text);
  if (!verdict) {
    return {std::nullopt, "the model's answer is not the JSON object that was asked for", true, -1};
  }
  verdict->explanation = "judged by " + options_.model;
  return {std::move(verdict), "", false, -1};
}

void HttpJudge::report_failure(const std::string& error, int64_t num_attempts) const {
  if (failed_.load() >= kMaxLoggedFailures) return;
  core::log_warning("judge {}: no verdict after {} {}: {}", options_.model, num_attempts,
                    num_attempts == 1 ? "try" : "tries", error);
}

JudgeCounts HttpJudge::counts() const {
  return {
      .asked = asked_,
      .failed = failed_,
      .cache_hits = cache_hits_,
      .retries = retries_,
      .cost_usd =
          (static_cast<double>(prompt_tokens_) * options_.usd_per_million_prompt_tokens +
           static_cast<double>(completion_tokens_) * options_.usd_per_million_completion_tokens) /
          1e6};
}

}  // namespace retrace::reward
