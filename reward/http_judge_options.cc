#include "reward/http_judge_options.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "reward/endpoint_url.h"

namespace retrace::reward {
namespace {

bool is_in(double value, double low, double high) {
  return std::isfinite(value) && value >= low && value <= high;
}

bool is_variable_name(std::string_view name) {
  if (!name.empty() && name[0] >= '0' && name[0] <= '9') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

std::optional<OptionProblem> find_key_problem(const HttpJudgeOptions& options) {
  const std::string url_problem = options.endpoint.empty() ? "" : check_url(options.endpoint);
  if (!url_problem.empty()) return {{"endpoint", url_problem}};
  if (!is_variable_name(options.key_env)) {
    return {{"key_env",
             "must be the name of an environment variable (letters, digits, _), never the key"}};
  }
  return std::nullopt;
}

std::optional<OptionProblem> find_problem(const HttpJudgeOptions& options) {
  if (options.endpoint.empty()) return {{"endpoint", check_url(options.endpoint)}};
  if (std::optional<OptionProblem> problem = find_key_problem(options)) return problem;
  if (options.model.empty()) return {{"model", "must be the server's name of a model, is empty"}};
  if (!is_in(options.deadline_s, 0.001, 3600))
    return {{"deadline_seconds", "must be in [0.001, 3600]"}};
  if (!is_in(options.total_deadline_s, options.deadline_s, 86400))
    return {{"total_deadline_seconds", "must be in [deadline_seconds, 86400]"}};
  if (options.retry.retries < 0 || options.retry.retries > 100)
    return {{"retries", "must be in [0, 100]"}};
  if (!is_in(options.requests_per_second, 0, 1e6))
    return {{"requests_per_second", "must be 0 (no limit) or more, at most 1e6"}};
  if (options.concurrency < 1 || options.concurrency > 1024)
    return {{"concurrency", "must be in [1, 1024]"}};
  if (!is_in(options.usd_per_million_prompt_tokens, 0, 1e6))
    return {{"usd_per_million_prompt_tokens", "must be in [0, 1e6]"}};
  if (!is_in(options.usd_per_million_completion_tokens, 0, 1e6))
    return {{"usd_per_million_completion_tokens", "must be in [0, 1e6]"}};
  return std::nullopt;
}

}  // namespace retrace::reward
