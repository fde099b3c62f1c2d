// The HTTP judge against a real server with every kind of fault.
#include "reward/http_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/interrupt.h"
#include "core/logging.h"
#include "core/random.h"
#include "tests/reward/http_judge_fixture.h"
#include "tests/reward/judge_server.h"

namespace retrace::reward {
namespace {

using testing::Each;
using testing::HasSubstr;

TEST(HttpJudge, SendsTheTextsAndReadsTheScores) {
  const JudgeServer server([](int, int) { return Fault::kNone; });
  const HttpJudge judge(options_for(server.endpoint()));
  expect_right(ask(judge, 100), 100);
  const auto body = nlohmann::json::parse(server.bodies().at(0));
  EXPECT_EQ(body["model"], "judging-model");
  EXPECT_THAT(std::string(body["messages"][0]["content"]), HasSubstr("\nturn left\n"));
  EXPECT_THAT(std::string(body["messages"][0]["content"]), HasSubstr("Which way?"));
  EXPECT_TRUE(body.contains("response_format"));
  EXPECT_THAT(server.authorizations(), Each(""));
}

TEST(HttpJudge, RetriesWhatMayPass) {
  constexpr std::array kFaults = {Fault::kServerError, Fault::kUnavailable, Fault::kCutJson,
                                  Fault::kCutBody,     Fault::kClosed,      Fault::kNoChoices,
                                  Fault::kWrongKeys,   Fault::kWrongRange,  Fault::kTalk,
                                  Fault::kCutReply};
  const JudgeServer server([&](int id, int attempt) {
    return attempt < 2 ? kFaults[static_cast<size_t>(id)] : Fault::kNone;
  });
  const HttpJudge judge(options_for(server.endpoint()));
  for (int id = 0; id < static_cast<int>(kFaults.size()); ++id) expect_right(ask(judge, id), id);
  EXPECT_EQ(server.num_requests(), static_cast<int>(3 * kFaults.size()));
  EXPECT_EQ(judge.counts().retries, static_cast<int64_t>(2 * kFaults.size()));
  EXPECT_EQ(judge.counts().failed, 0);
}

TEST(HttpJudge, DoesNotRetryRefusals) {
  const JudgeServer server([](int id, int) {
    return std::array{Fault::kBadRequest, Fault::kUnauthorized, Fault::kNotFound,
                      Fault::kRedirect}[static_cast<size_t>(id)];
  });
  const HttpJudge judge(options_for(server.endpoint()));
  for (int id = 0; id < 4; ++id) EXPECT_FALSE(ask(judge, id)) << id;
  EXPECT_EQ(server.num_requests(), 4);
  EXPECT_EQ(judge.counts().failed, 4);
  EXPECT_EQ(judge.counts().retries, 0);
}

TEST(HttpJudge, WaitsAsLongAsRetryAfterSays) {
  const JudgeServer server(
      [](int, int attempt) { return attempt == 0 ? Fault::kTooMany : Fault::kNone; });
  const HttpJudge judge(options_for(server.endpoint()));
  const auto start = Clock::now();
  expect_right(ask(judge, 7), 7);
  EXPECT_GE(seconds_since(start), 1);
}

TEST(HttpJudge, HoldsBackTheNextJudgementAsLongAsRetryAfterSays) {
  const JudgeServer server([](int id, int) { return id == 1 ? Fault::kTooMany : Fault::kNone; });
  HttpJudgeOptions options = options_for(server.endpoint());
  options.retry.retries = 0;
  const HttpJudge judge(options);
  const auto start = Clock::now();
  EXPECT_FALSE(ask(judge, 1));
  expect_right(ask(judge, 2), 2);
  EXPECT_GE(seconds_since(start), 1);
}

TEST(HttpJudge, ARetryAfterBeyondTheDeadlineFailsAtOnceAndHoldsBackNothing) {
  const TemporaryFolder folder;
  core::init_logging({.file = folder.path() / "log.txt"});
  JudgeServer server([](int id, int) { return id == 1 ? Fault::kTooMany : Fault::kNone; });
  server.retry_after = "3600";
  const HttpJudge judge(options_for(server.endpoint()));
  const auto start = Clock::now();
  EXPECT_FALSE(ask(judge, 1));
  expect_right(ask(judge, 2), 2);
  EXPECT_FALSE(ask(judge, 1));  // asks again
  EXPECT_LT(seconds_since(start), 30);
  EXPECT_EQ(server.num_requests(), 3);
  core::init_logging({});
  EXPECT_THAT(folder.everything(),
              HasSubstr("HTTP 429; no time left for a retry after the 3600 s"));
}

TEST(HttpJudge, ASlowServerEndsAtTheDeadlines) {
  JudgeServer server([](int, int) { return Fault::kSlow; });
  server.slow_s = 600;
  HttpJudgeOptions options = options_for(server.endpoint());
  options.deadline_s = 0.1;
  options.total_deadline_s = 0.5;
  options.retry.retries = 100;
  const HttpJudge judge(options);
  const auto start = Clock::now();
  EXPECT_FALSE(ask(judge, 1));
  EXPECT_LT(seconds_since(start), 30);
  EXPECT_EQ(judge.counts().failed, 1);
}

TEST(HttpJudge, ASocketThatClosesIsAMissingValue) {
  const ClosingServer server;
  const HttpJudge judge(options_for(server.endpoint()));
  EXPECT_FALSE(ask(judge, 1));
  EXPECT_EQ(judge.counts().retries, 4);
  EXPECT_GE(server.num_connections(), 5);
}

TEST(HttpJudge, NobodyListeningIsAMissingValue) {
  std::string endpoint;
  {
    const ClosingServer server;
    endpoint = server.endpoint();
  }
  const HttpJudge judge(options_for(endpoint));
  EXPECT_FALSE(ask(judge, 1));
  EXPECT_EQ(judge.counts().failed, 1);
}

// Faults by chance, answers in any order: each of the many threads gets the scores of its own
// route.
TEST(HttpJudge, LosesNothingAndMixesNothingUpAmongManyThreads) {
  constexpr int kRoutes = 216, kThreads = 16;
  JudgeServer server([](int id, int attempt) {
    constexpr std::array kFaults = {Fault::kSlow,       Fault::kServerError, Fault::kCutJson,
                                    Fault::kCutBody,    Fault::kClosed,      Fault::kWrongKeys,
                                    Fault::kWrongRange, Fault::kTalk,        Fault::kCutReply,
                                    Fault::kNoChoices};
    core::RandomSequence random(core::RandomStream(static_cast<uint64_t>(id), "faults")
                                    .substream(static_cast<uint64_t>(attempt)));
    if (attempt > 3 || random.chance(0.5)) return Fault::kNone;
    return kFaults[random.below(kFaults.size())];
  });
  server.slow_s = 0.05;
  HttpJudgeOptions options = options_for(server.endpoint());
  options.concurrency = 12;
  const HttpJudge judge(options);
  std::vector<std::optional<JudgeVerdict>> verdicts(kRoutes);
  std::atomic<int> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int id = next++; id < kRoutes; id = next++)
        verdicts[static_cast<size_t>(id)] = ask(judge, id);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int id = 0; id < kRoutes; ++id) expect_right(verdicts[static_cast<size_t>(id)], id);
  EXPECT_EQ(judge.counts().asked, kRoutes);
  EXPECT_EQ(judge.counts().failed, 0);
  EXPECT_EQ(server.num_requests(), kRoutes + judge.counts().retries);
  EXPECT_LE(server.max_at_once(), 12);
}

TEST(HttpJudge, KeepsToTheNumberOfRequestsAtATime) {
  JudgeServer server([](int, int) { return Fault::kSlow; });
  server.slow_s = 0.02;
  HttpJudgeOptions options = options_for(server.endpoint());
  options.concurrency = 2;
  const HttpJudge judge(options);
  std::vector<std::thread> threads;
  for (int id = 0; id < 12; ++id)
    threads.emplace_back([&, id] { expect_right(ask(judge, id), id); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(server.max_at_once(), 2);
}

TEST(HttpJudge, CountsTheCost) {
  const JudgeServer server(
      [](int, int attempt) { return attempt == 0 ? Fault::kCutReply : Fault::kNone; });
  HttpJudgeOptions options = options_for(server.endpoint());
  options.usd_per_million_prompt_tokens = 2;
  options.usd_per_million_completion_tokens = 50;
  const HttpJudge judge(options);
  ASSERT_TRUE(ask(judge, 1));
  // Two replies of 1000 and 20 tokens; the cut one has to be paid too.
  EXPECT_DOUBLE_EQ(judge.counts().cost_usd, 2 * (1000 * 2 + 20 * 50) / 1e6);
}

TEST(HttpJudge, TheCacheAnswersLaterAndOtherJudges) {
  const TemporaryFolder folder;
  const JudgeServer server([](int, int) { return Fault::kNone; });
  HttpJudgeOptions options = options_for(server.endpoint());
  options.cache_folder = folder.path() / "cache";
  const HttpJudge first(options), second(options);
  for (int id = 0; id < 20; ++id) expect_right(ask(first, id), id);
  for (int id = 0; id < 20; ++id) expect_right(ask(second, id), id);
  EXPECT_EQ(server.num_requests(), 20);
  EXPECT_EQ(second.counts().cache_hits, 20);
  options.model = "another-model";
  expect_right(ask(HttpJudge(options), 3), 3);
  EXPECT_EQ(server.num_requests(), 21);
}

TEST(HttpJudge, AFailureIsNotCached) {
  const TemporaryFolder folder;
  const JudgeServer server(
      [](int, int attempt) { return attempt == 0 ? Fault::kUnauthorized : Fault::kNone; });
  HttpJudgeOptions options = options_for(server.endpoint());
  options.cache_folder = folder.path();
  const HttpJudge judge(options);
  EXPECT_FALSE(ask(judge, 5));
  expect_right(ask(judge, 5), 5);
}

TEST(HttpJudge, EqualRequestsAtOnceGoOutOnce) {
  const TemporaryFolder folder;
  JudgeServer server([](int, int) { return Fault::kSlow; });
  server.slow_s = 0.1;
  HttpJudgeOptions options = options_for(server.endpoint());
  options.cache_folder = folder.path();
  const HttpJudge judge(options);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { expect_right(ask(judge, 9), 9); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(server.num_requests(), 1);
  EXPECT_EQ(judge.counts().cache_hits, 7);
}

// Exit code 0 if a signal ends the wait for a server that would answer after a minute.
void wait_and_be_interrupted(Fault fault) {
  core::install_interrupt_handlers();
  auto* const server = new JudgeServer([fault](int, int) { return fault; });
  server->slow_s = 60;
  server->retry_after = "50";
  const HttpJudge judge(options_for(server->endpoint()));
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    ::kill(::getpid(), SIGINT);
  }).detach();
  const auto start = Clock::now();
  const bool has_verdict = ask(judge, 1).has_value();
  ::_exit(!has_verdict && seconds_since(start) < 15 ? 0 : 1);
}

TEST(HttpJudgeDeathTest, ASignalEndsTheWaitForAReply) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(wait_and_be_interrupted(Fault::kSlow), testing::ExitedWithCode(0), "");
}

TEST(HttpJudgeDeathTest, ASignalEndsTheWaitForARetry) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(wait_and_be_interrupted(Fault::kTooMany), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace retrace::reward
