// What decides how the HTTP judge (reward/http_judge.h) asks, and whether it can be used. Apart
// from the judge, so that a recipe is read and checked without its client.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

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

}  // namespace retrace::reward
