// What the HTTP judge refuses to start with, and where its key does not appear.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "core/error.h"
#include "core/logging.h"
#include "reward/http_judge.h"
#include "tests/reward/http_judge_fixture.h"
#include "tests/reward/judge_server.h"

namespace retrace::reward {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kKeyVariable = "RETRACE_TEST_JUDGE_KEY";
constexpr const char* kKey = "sk-secret-0123456789abcdef";

TEST(HttpJudge, TheKeyIsSentAndWrittenNowhere) {
  ::setenv(kKeyVariable, kKey, 1);
  const TemporaryFolder folder;
  core::init_logging({.file = folder.path() / "log.txt"});
  const JudgeServer server([](int id, int attempt) {
    if (id == 1) return Fault::kUnauthorized;
    if (id == 2) return Fault::kBadRequest;
    return attempt == 0 ? Fault::kServerError : Fault::kNone;
  });
  HttpJudgeOptions options = options_for(server.endpoint());
  options.key_env = kKeyVariable;
  options.cache_folder = folder.path() / "cache";
  {
    const HttpJudge judge(options);
    expect_right(ask(judge, 0), 0);
    EXPECT_FALSE(ask(judge, 1));
    EXPECT_FALSE(ask(judge, 2));
  }
  core::init_logging({});
  EXPECT_THAT(server.authorizations(), Each(std::string("Bearer ") + kKey));
  EXPECT_THAT(server.bodies(), Each(Not(HasSubstr(kKey))));
  const std::string everything = folder.everything();
  EXPECT_THAT(everything, HasSubstr("HTTP 401"));
  EXPECT_THAT(everything, HasSubstr("\"direction\""));
  EXPECT_THAT(everything, Not(HasSubstr("secret")));
  EXPECT_THAT(everything, Not(HasSubstr("Bearer")));
  ::unsetenv(kKeyVariable);
}

// What the judge says when it is made with these options; "" if it can be made.
std::string problem_of(const HttpJudgeOptions& options) {
  try {
    const HttpJudge judge(options);
    return "";
  } catch (const core::ConfigError& error) {
    return error.what();
  }
}

TEST(HttpJudge, RefusesOptionsThatCannotWork) {
  const HttpJudgeOptions good = options_for("https://example.org/v1/chat/completions");
  EXPECT_EQ(problem_of(good), "");
  const auto with = [&](auto change) {
    HttpJudgeOptions options = good;
    change(options);
    return problem_of(options);
  };
  EXPECT_THAT(with([](auto& o) { o.endpoint = ""; }), HasSubstr("judge.endpoint"));
  EXPECT_THAT(with([](auto& o) { o.endpoint = "ftp://example.org/x"; }), HasSubstr("http://"));
  EXPECT_THAT(with([](auto& o) { o.model = ""; }), HasSubstr("judge.model"));
  EXPECT_THAT(with([](auto& o) { o.concurrency = 0; }), HasSubstr("judge.concurrency"));
  EXPECT_THAT(with([](auto& o) { o.deadline_s = 0; }), HasSubstr("judge.deadline_seconds"));
  EXPECT_THAT(with([](auto& o) { o.total_deadline_s = 1; }), HasSubstr("total_deadline_seconds"));
  EXPECT_THAT(with([](auto& o) { o.retry.retries = -1; }), HasSubstr("judge.retries"));
  EXPECT_THAT(with([](auto& o) { o.prompt = "{reference}"; }), HasSubstr("{prediction}"));
  EXPECT_THAT(with([](auto& o) { o.key_env = "RETRACE_TEST_NOT_SET"; }), HasSubstr("is not set"));
}

TEST(HttpJudge, RepeatsNoKeyThatStandsInTheWrongPlace) {
  for (const std::string& endpoint :
       {std::string("https://user:") + kKey + "@example.org/v1",
        std::string("https://example.org/v1?api_key=") + kKey, std::string(kKey)}) {
    const std::string problem = problem_of(options_for(endpoint));
    EXPECT_THAT(problem, HasSubstr("judge.endpoint"));
    EXPECT_THAT(problem, Not(HasSubstr("secret")));
  }
  HttpJudgeOptions options = options_for("https://example.org/v1");
  options.key_env = kKey;
  EXPECT_THAT(problem_of(options), HasSubstr("never the key"));
  EXPECT_THAT(problem_of(options), Not(HasSubstr("secret")));
  ::setenv(kKeyVariable, (std::string(kKey) + "\nX-Other: 1").c_str(), 1);
  options.key_env = kKeyVariable;
  EXPECT_THAT(problem_of(options), HasSubstr("a line end"));
  EXPECT_THAT(problem_of(options), Not(HasSubstr("secret")));
  ::unsetenv(kKeyVariable);
}

}  // namespace
}  // namespace retrace::reward
