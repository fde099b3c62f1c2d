#include "rl/judge_factory.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"
#include "tests/rl/error_text.h"

namespace retrace::rl {
namespace {

JudgeSection read(const std::string& yaml) {
  core::ConfigNode root = core::ConfigNode::from_string(yaml, "recipe.yaml");
  JudgeSection section;
  read_judge(root, section);
  root.finish();
  return section;
}

TEST(JudgeSection, IsTheRulesByDefault) {
  const auto judge = make_judge(read("{}"));
  EXPECT_EQ(judge->name(), "rules");
  EXPECT_DOUBLE_EQ(
      judge->judge({.question = "", .reference = "left", .prediction = "turn left"})->percent(),
      100);
}

TEST(JudgeSection, MakesTheHttpJudge) {
  const JudgeSection section = read(
      "judge: {backend: http, endpoint: 'https://example.org/v1/chat/completions', model: m, "
      "deadline_seconds: 3, total_deadline_seconds: 4, retries: 2, requests_per_second: 5, "
      "concurrency: 6, usd_per_million_prompt_tokens: 0.5, prompt: 'a {reference} b "
      "{prediction}'}");
  EXPECT_EQ(section.http.retry.retries, 2);
  EXPECT_EQ(section.http.deadline_s, 3);
  EXPECT_EQ(section.http.concurrency, 6);
  EXPECT_EQ(section.http.prompt, "a {reference} b {prediction}");
  EXPECT_EQ(make_judge(section)->name(), "http");
}

TEST(JudgeSection, NamesFileAndKeyOfWhatIsWrong) {
  const auto problem = [](const std::string& yaml) {
    return test::error_text<core::ConfigError>([&] { read("judge: {" + yaml + "}"); });
  };
  const std::string http = "backend: http, model: m, endpoint: 'https://example.org/v1', ";
  for (const auto& [yaml, expected] : {
           std::pair<std::string, std::string>{"backend: rule", "judge.backend"},
           {"backend: http", "judge.endpoint"},
           {"backend: http, endpoint: 'https://example.org/v1'", "judge.model"},
           {http + "retries: -1", "judge.retries"},
           {http + "key_env: 'sk-abc'", "judge.key_env"},
           {http + "prompt: 'x'", "judge.prompt"},
           {"max_tokens: 3", "judge.max_tokens"},
           {"backend: local", "judge.path"},
           {"key_env: 'sk-abc'", "judge.key_env"},  // with other backends too
           {"endpoint: 'https://user:sk-abc@example.org/v1'", "judge.endpoint"},
           {"endpoint: 'sk-abc'", "judge.endpoint"},
           {"backend: local, path: x, key_env: 'sk-abc'", "judge.key_env"},
           {"endpoints: x", "endpoint"},
       }) {
    EXPECT_NE(problem(yaml).find(expected), std::string::npos) << yaml << ": " << problem(yaml);
    EXPECT_NE(problem(yaml).find("recipe.yaml"), std::string::npos) << problem(yaml);
    EXPECT_EQ(problem(yaml).find("sk-abc"), std::string::npos) << problem(yaml);
  }
}

TEST(JudgeSection, TakesOptionsOfAnotherBackend) {
  const JudgeSection section =
      read("judge: {endpoint: 'https://example.org/v1', key_env: RETRACE_NOT_SET}");
  EXPECT_EQ(make_judge(section)->name(), "rules");
}

TEST(JudgeSection, NamesTheKeyOfAModelThatCannotBeRead) {
  const JudgeSection section = read("judge: {backend: local, path: no_such_folder}");
  const std::string error = test::error_text<core::Error>([&] { make_judge(section); });
  EXPECT_TRUE(error.starts_with("judge.path: ")) << error;
}

TEST(JudgeSection, TheKeyIsLookedForWhenTheJudgeIsMade) {
  const JudgeSection section = read(
      "judge: {backend: http, model: m, endpoint: 'https://example.org/v1', key_env: "
      "RETRACE_NOT_SET}");
  EXPECT_THROW(make_judge(section), core::ConfigError);
}

}  // namespace
}  // namespace retrace::rl
