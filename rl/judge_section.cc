#include "rl/judge_section.h"

#include <optional>

#include "core/error.h"
#include "reward/judge_prompt.h"

namespace retrace::rl {
namespace {

constexpr int64_t kMinReplyTokens = 16, kMaxReplyTokens = 65536;

void read_http(core::ConfigNode& node, reward::HttpJudgeOptions& http) {
  node.read("endpoint", http.endpoint);
  node.read("model", http.model);
  node.read("key_env", http.key_env);
  node.read("reply_schema", http.reply_schema);
  node.read("seed", http.seed);
  node.read("deadline_seconds", http.deadline_s);
  node.read("total_deadline_seconds", http.total_deadline_s);
  node.read("retries", http.retry.retries);
  node.read("requests_per_second", http.requests_per_second);
  node.read("concurrency", http.concurrency);
  node.read("cache_dir", http.cache_folder);
  node.read("usd_per_million_prompt_tokens", http.usd_per_million_prompt_tokens);
  node.read("usd_per_million_completion_tokens", http.usd_per_million_completion_tokens);
}

void check_prompt(const core::ConfigNode& node, const std::string& prompt) {
  if (prompt.empty()) return;
  try {
    reward::check_judge_prompt(prompt);
  } catch (const core::ConfigError& error) {
    node.fail("prompt", error.what());
  }
}

}  // namespace

void read_judge(core::ConfigNode root, JudgeSection& judge) {
  core::ConfigNode node = root.section("judge");
  node.read_choice("backend", judge.backend,
                   {{"rules", JudgeBackend::kRules},
                    {"http", JudgeBackend::kHttp},
                    {"local", JudgeBackend::kLocal}});
  read_http(node, judge.http);
  node.read("path", judge.local.path);
  node.read("prompt", judge.http.prompt);
  node.read("max_tokens", judge.http.max_tokens);
  judge.local.prompt = judge.http.prompt;
  judge.local.max_tokens = judge.http.max_tokens;
  check_prompt(node, judge.http.prompt);
  node.require(judge.http.max_tokens >= kMinReplyTokens && judge.http.max_tokens <= kMaxReplyTokens,
               "max_tokens", "must be in [16, 65536]", judge.http.max_tokens);
  // With the others too: their runs write down the whole section.
  const bool is_http = judge.backend == JudgeBackend::kHttp;
  const auto problem =
      is_http ? reward::find_problem(judge.http) : reward::find_key_problem(judge.http);
  if (problem) node.fail(problem->option, problem->message);
  if (judge.backend == JudgeBackend::kLocal && judge.local.path.empty())
    node.fail("path", "must name a model folder in Hugging Face layout, is empty");
  node.finish();
}

}  // namespace retrace::rl
