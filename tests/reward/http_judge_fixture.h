// What the tests of the HTTP judge share.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "core/files.h"
#include "reward/http_judge.h"
#include "tests/reward/judge_server.h"

namespace retrace::reward {

namespace fs = std::filesystem;

inline HttpJudgeOptions options_for(const std::string& endpoint) {
  HttpJudgeOptions options;
  options.endpoint = endpoint;
  options.model = "judging-model";
  options.deadline_s = 20;
  options.total_deadline_s = 60;
  options.retry = {.retries = 4, .first_delay_s = 0.01, .max_delay_s = 0.05};
  return options;
}

// Asks about "route <id>".
inline std::optional<JudgeVerdict> ask(const Judge& judge, int id) {
  const std::string prediction = fmt::format("route {}", id);
  return judge.judge({.question = "Which way?",
                      .reference = "turn left",
                      .prediction = prediction,
                      .direction = data::TravelDirection::kForward});
}

inline void expect_right(const std::optional<JudgeVerdict>& verdict, int id) {
  ASSERT_TRUE(verdict) << id;
  const RightScores scores = right_scores(id);
  EXPECT_EQ(verdict->direction, scores.direction) << id;
  EXPECT_EQ(verdict->landmark, scores.landmark) << id;
  EXPECT_EQ(verdict->semantics, scores.semantics) << id;
}

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(fs::temp_directory_path() / fmt::format("retrace-judge-{}-{}", getpid(), ++count_)) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }
  // Names and contents of all files below.
  std::string everything() const {
    std::string text;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      text += entry.path().string() + "\n";
      if (entry.is_regular_file()) text += core::read_text_file(entry.path()) + "\n";
    }
    return text;
  }

 private:
  static inline int count_ = 0;
  fs::path path_;
};

}  // namespace retrace::reward
