// The parts of the HTTP judge that need no server.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "reward/judge_cache.h"
#include "reward/rate_limiter.h"
#include "reward/retry_policy.h"

namespace retrace::reward {
namespace {

namespace fs = std::filesystem;

TEST(RetryPolicy, DelaysGrowAndAreSpread) {
  const RetryOptions options{.retries = 9, .first_delay_s = 0.5, .max_delay_s = 4};
  for (uint64_t request = 0; request < 50; ++request) {
    const core::RandomStream jitter = core::RandomStream(1, "jitter").substream(request);
    for (int64_t retry = 0; retry < 9; ++retry) {
      const double limit = std::min(0.5 * static_cast<double>(1 << retry), 4.0);
      const double delay = retry_delay(options, retry, -1, jitter).count();
      EXPECT_GE(delay, limit / 2);
      EXPECT_LE(delay, limit);
      const double delay_after = retry_delay(options, retry, 7, jitter).count();
      EXPECT_GE(delay_after, 7);
      EXPECT_LE(delay_after, 7 + limit / 2);
    }
  }
  const core::RandomStream one(1, "a"), other(1, "b");
  EXPECT_NE(retry_delay(options, 0, -1, one), retry_delay(options, 0, -1, other));
  EXPECT_NE(retry_delay(options, 0, 7, one), retry_delay(options, 0, 7, other));
}

TEST(RetryJitter, DiffersBetweenJudgementsOfAllThreadsAndBetweenProcesses) {
  RetryJitter here, elsewhere;  // another process has another object
  std::mutex mutex;
  std::set<uint64_t> keys;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        const uint64_t key = here.next().key();
        const std::lock_guard lock(mutex);
        keys.insert(key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int k = 0; k < 400; ++k) keys.insert(elsewhere.next().key());
  EXPECT_EQ(keys.size(), 800u);
}

TEST(RetryPolicy, RetriesWhatMayPass) {
  for (const int status : {0, 408, 425, 429, 500, 502, 503, 504, 529})
    EXPECT_TRUE(is_worth_retrying(status)) << status;
  for (const int status : {301, 307, 400, 401, 403, 404, 413, 422})
    EXPECT_FALSE(is_worth_retrying(status)) << status;
}

TEST(RateLimiter, SpacesStarts) {
  RateLimiter limiter(200, 100);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        ASSERT_TRUE(limiter.acquire(Clock::time_point::max(), nullptr));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(Clock::now() - start, std::chrono::milliseconds(39 * 5));
}

TEST(RateLimiter, EndsAtTheDeadlineAndWhenTold) {
  RateLimiter limiter(0, 1);
  {
    const RateLimiter::Place place = limiter.acquire(Clock::time_point::max(), nullptr);
    ASSERT_TRUE(place);
    EXPECT_FALSE(limiter.acquire(Clock::now() + std::chrono::milliseconds(30), nullptr));
    EXPECT_FALSE(limiter.acquire(Clock::time_point::max(), [] { return true; }));
  }
  limiter.pause_until(Clock::now() + std::chrono::hours(1));
  EXPECT_FALSE(limiter.acquire(Clock::now() + std::chrono::seconds(1), nullptr));
  EXPECT_FALSE(limiter.acquire(Clock::time_point::max(), [] { return true; }));
  limiter.pause_until(Clock::now());  // no pause is shortened
  EXPECT_FALSE(limiter.acquire(Clock::now() + std::chrono::seconds(1), nullptr));
}

TEST(RateLimiter, APlaceComesBackWhateverIsThrown) {
  RateLimiter limiter(0, 1);
  const auto soon = [] { return Clock::now() + std::chrono::seconds(10); };
  const auto fail = []() -> bool { throw std::runtime_error("stop"); };
  EXPECT_THROW(
      {
        const RateLimiter::Place place = limiter.acquire(soon(), nullptr);
        fail();
      },
      std::runtime_error);
  limiter.pause_until(Clock::now() + std::chrono::milliseconds(50));
  EXPECT_THROW(limiter.acquire(soon(), fail), std::runtime_error);  // with a place, before its time
  EXPECT_TRUE(limiter.acquire(soon(), nullptr));
}

class JudgeCacheTest : public testing::Test {
 protected:
  JudgeCacheTest()
      : folder_(fs::temp_directory_path() / fmt::format("retrace-judge-cache-{}", getpid())) {}
  ~JudgeCacheTest() override { fs::remove_all(folder_); }
  fs::path only_file() const {
    for (const auto& entry : fs::recursive_directory_iterator(folder_))
      if (entry.is_regular_file()) return entry.path();
    return {};
  }
  fs::path folder_;
};

TEST_F(JudgeCacheTest, FindsWhatWasStoredUnderTheSameKey) {
  const JudgeCache cache(folder_);
  EXPECT_FALSE(cache.find("key"));
  EXPECT_TRUE(cache.store("key", {5, 4, 3, "why"}));
  {
    const JudgeCache reader(folder_);
    const auto verdict = reader.find("key");
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->direction, 5);
    EXPECT_EQ(verdict->landmark, 4);
    EXPECT_EQ(verdict->semantics, 3);
    EXPECT_EQ(verdict->explanation, "why");
    EXPECT_FALSE(reader.find("kez"));
  }
}

TEST_F(JudgeCacheTest, DamagedFilesCountAsMissing) {
  const JudgeCache cache(folder_);
  cache.store("key", {5, 4, 3, ""});
  const fs::path file = only_file();
  for (const char* text : {"", "{", "[]", R"({"version": 1, "key": "key"})",
                           R"({"version": 2, "key": "key", "direction": 5})",
                           R"({"version": 1, "key": "other", "direction": 5, "landmark": 4,
                               "semantics": 3, "explanation": ""})"}) {
    std::ofstream(file) << text;
    EXPECT_FALSE(cache.find("key")) << text;
  }
  EXPECT_TRUE(cache.store("key", {1, 2, 3, ""}));
  EXPECT_TRUE(cache.find("key"));
}

TEST_F(JudgeCacheTest, PartsOutOfRangeCountAsMissingAndAreWarnedOfOnce) {
  const JudgeCache cache(folder_);
  cache.store("key", {5, 0, 3, ""});
  EXPECT_TRUE(cache.find("key"));
  const fs::path file = only_file();
  const auto entry = [](const char* parts) {
    return fmt::format(R"({{"version": 1, "key": "key", {}, "explanation": ""}})", parts);
  };
  testing::internal::CaptureStderr();
  for (const char* parts : {R"("direction": 5.5, "landmark": 4, "semantics": 3)",
                            R"("direction": 5, "landmark": -1, "semantics": 3)",
                            R"("direction": 5, "landmark": 4, "semantics": 1e308)",
                            R"("direction": 5, "landmark": 4, "semantics": 1e999)",
                            R"("direction": 5, "landmark": 4, "semantics": null)"}) {
    std::ofstream(file) << entry(parts);
    EXPECT_FALSE(cache.find("key")) << parts;
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(file.string() + ": judge cache"), std::string::npos) << log;
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_TRUE(cache.store("key", {1, 2, 3, ""}));
  EXPECT_TRUE(cache.find("key"));
}

TEST_F(JudgeCacheTest, WritersAndReadersAtOnceSeeWholeVerdicts) {
  std::vector<std::thread> threads;
  std::atomic<int> num_found = 0;
  for (int writer = 0; writer < 3; ++writer) {
    threads.emplace_back([&, writer] {
      const JudgeCache cache(folder_);
      const auto score = static_cast<double>(writer);
      for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(cache.store("key", {score, score, score, std::string(5000, 'x')}));
    });
    threads.emplace_back([&] {
      const JudgeCache cache(folder_);
      bool was_there = false;
      for (int i = 0; i < 200; ++i) {
        const auto verdict = cache.find("key");
        ASSERT_TRUE(verdict || !was_there);
        if (!verdict) continue;
        was_there = true;
        ++num_found;
        ASSERT_EQ(verdict->direction, verdict->semantics);
        ASSERT_EQ(verdict->explanation.size(), 5000u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(JudgeCache(folder_).find("key"));
  int num_files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    num_files += entry.is_regular_file();
  EXPECT_EQ(num_files, 1);  // no temporary file is left
}

TEST_F(JudgeCacheTest, RefusesAFolderThatCannotBeMade) {
  std::ofstream(folder_) << "a file";
  EXPECT_THROW(JudgeCache{folder_}, core::DataError);
}

}  // namespace
}  // namespace retrace::reward
