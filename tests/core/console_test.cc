// What a person at the terminal meets: log lines, progress lines, signals.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <functional>
#include <limits>
#include <stdexcept>
#include <thread>

#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "core/program.h"
#include "core/progress.h"
#include "tests/core/test_helpers.h"

namespace retrace::core {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

// ------------------------------------------------------------------------------------------------
// Logging
// ------------------------------------------------------------------------------------------------

class Logging : public TemporaryFolderTest {
 protected:
  void TearDown() override {
    init_logging({});
    TemporaryFolderTest::TearDown();
  }
  std::string log_all(const LogOptions& options) {
    CaptureStderr();
    init_logging(options);
    log_debug("a {}", "debug");
    log_info("an {}", "info");
    log_warning("a {}", "warning");
    log_error("an {}", "error");
    return GetCapturedStderr();
  }
};

TEST_F(Logging, LinesHaveTimeLevelAndRank) {
  EXPECT_THAT(log_all({.rank = 0, .world_size = 4, .file = {}, .level = LogLevel::kError}),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]{12} error   rank 0/4: an error\n"));
}

TEST_F(Logging, LevelsBelowTheChosenOneAreLeftOut) {
  EXPECT_THAT(log_all({}),
              AllOf(Not(HasSubstr("a debug")), HasSubstr("an info"), HasSubstr("a warning")));
  EXPECT_THAT(log_all({.rank = 0, .world_size = 1, .file = {}, .level = LogLevel::kDebug}),
              HasSubstr("a debug"));
}

TEST_F(Logging, OtherRanksSpeakFromWarningsUp) {
  const std::string text =
      log_all({.rank = 2, .world_size = 4, .file = {}, .level = LogLevel::kDebug});
  EXPECT_THAT(text, AllOf(Not(HasSubstr("an info")), HasSubstr("rank 2/4: a warning"),
                          HasSubstr("an error")));
}

TEST_F(Logging, TheFileGetsTheSameLinesAtOnceAndIsAppendedTo) {
  const std::filesystem::path file = folder_ / "log.txt";
  const std::string first =
      log_all({.rank = 0, .world_size = 1, .file = file, .level = LogLevel::kInfo});
  EXPECT_EQ(read_text_file(file), first);
  const std::string second =
      log_all({.rank = 0, .world_size = 1, .file = file, .level = LogLevel::kInfo});
  EXPECT_EQ(read_text_file(file), first + second);
}

TEST_F(Logging, BracesInAMessageAreText) {
  CaptureStderr();
  log_message(LogLevel::kError, "{\"a\": {}} {0} {");
  EXPECT_THAT(GetCapturedStderr(), HasSubstr("{\"a\": {}} {0} {\n"));
}

TEST_F(Logging, AFileThatCannotBeOpenedIsADataError) {
  EXPECT_THAT(
      data_error_of([&] {
        init_logging({.rank = 0, .world_size = 1, .file = folder_, .level = LogLevel::kInfo});
      }),
      HasSubstr(folder_.string() + ": the log cannot be written"));
}

TEST_F(Logging, LinesOfManyThreadsStayWhole) {
  const std::filesystem::path file = folder_ / "log.txt";
  CaptureStderr();
  init_logging({.rank = 0, .world_size = 1, .file = file, .level = LogLevel::kInfo});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 50; ++j) log_info("{}", std::string(200, 'x'));
    });
  }
  for (std::thread& thread : threads) thread.join();
  GetCapturedStderr();
  const std::string text = read_text_file(file);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 200);
  size_t num_whole = 0;
  for (size_t at = text.find(": " + std::string(200, 'x') + "\n"); at != std::string::npos;
       at = text.find(": " + std::string(200, 'x') + "\n", at + 1)) {
    ++num_whole;
  }
  EXPECT_EQ(num_whole, 200u);
}

// ------------------------------------------------------------------------------------------------
// Progress
// ------------------------------------------------------------------------------------------------

TEST(FormatDuration, UsesTheTwoLargestUnits) {
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(41.4), "41 s");
  EXPECT_EQ(format_duration(59.6), "1 m 00 s");
  EXPECT_EQ(format_duration(192), "3 m 12 s");
  EXPECT_EQ(format_duration(7500), "2 h 05 m");
  EXPECT_EQ(format_duration(90000), "1 d 01 h");
  EXPECT_EQ(format_duration(-3), "0 s");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "unknown time");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::quiet_NaN()), "unknown time");
}

TEST(ProgressText, GivesShareRateAndTimeLeft) {
  EXPECT_EQ(progress_text("decode", "clips",
                          {.done = 25, .total = 100, .done_here = 25, .elapsed_seconds = 10}),
            "decode: 25/100 clips (25%), 2.5 clips/s, 30 s left");
  EXPECT_EQ(progress_text("grpo", "steps",
                          {.done = 60, .total = 100, .done_here = 10, .elapsed_seconds = 1000}),
            "grpo: 60/100 steps (60%), 0.01 steps/s, 1 h 06 m left")
      << "the rate of a resumed run counts its own steps only";
}

TEST(ProgressText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(
      progress_text("scan", "files", {.done = 3, .total = 0, .done_here = 3, .elapsed_seconds = 1}),
      "scan: 3 files, 3 files/s");
  EXPECT_EQ(
      progress_text("scan", "files", {.done = 0, .total = 9, .done_here = 0, .elapsed_seconds = 1}),
      "scan: 0/9 files (0%)");
  EXPECT_EQ(
      finished_text("scan", "files", {.done = 0, .total = 0, .done_here = 0, .elapsed_seconds = 0}),
      "scan: 0 files in 0 s");
}

TEST(ProgressLine, PrintsFullLinesWhenNotOnATerminal) {
  CaptureStderr();
  ProgressLine line("decode", 4, "clips", /*enabled=*/true, /*interval_seconds=*/0);
  line.update(1, "loss 0.31");
  line.update(4);
  line.finish("done");
  line.finish();
  const std::string text = GetCapturedStderr();
  EXPECT_THAT(text, MatchesRegex("decode: 1/4 clips \\(25%\\), .*, loss 0.31\n"
                                 "decode: 4/4 clips \\(100%\\).*\n"
                                 "decode: 4 clips in 0 s.*, done\n"));
}

TEST(ProgressLine, IsQuietBetweenIntervalsAndWhenDisabled) {
  CaptureStderr();
  ProgressLine slow("decode", 100, "clips", /*enabled=*/true, /*interval_seconds=*/3600);
  for (int i = 0; i < 100; ++i) slow.update(i);
  ProgressLine disabled("decode", 100, "clips", /*enabled=*/false, /*interval_seconds=*/0);
  disabled.update(5);
  disabled.finish();
  EXPECT_EQ(GetCapturedStderr(), "");
}

// ------------------------------------------------------------------------------------------------
// Signals
// ------------------------------------------------------------------------------------------------

TEST(InterruptDeathTest, TheFirstSignalSetsTheFlagAndTheSecondEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto receive_twice = [](int first, int second) {
    install_interrupt_handlers();
    if (interrupt_signal() != 0) ::_exit(1);
    ::raise(first);
    if (interrupt_signal() != first) ::_exit(2);
    ::raise(second);
    ::_exit(3);
  };
  EXPECT_EXIT(receive_twice(SIGINT, SIGINT), ::testing::ExitedWithCode(130), "");
  EXPECT_EXIT(receive_twice(SIGINT, SIGTERM), ::testing::ExitedWithCode(143), "");
}

// ------------------------------------------------------------------------------------------------
// How a program ends
// ------------------------------------------------------------------------------------------------

TEST(RunProgram, ReturnsWhatTheProgramReturns) {
  CaptureStderr();
  EXPECT_EQ(run_program("sorter", [] { return 7; }), 7);
  EXPECT_EQ(GetCapturedStderr(), "");
}

TEST(RunProgram, PrintsAnErrorInOneLineAndReturnsItsCode) {
  const auto ended = [](int code, const std::function<int()>& program) {
    CaptureStderr();
    EXPECT_EQ(run_program("sorter", program), code);
    return GetCapturedStderr();
  };
  EXPECT_EQ(ended(2, []() -> int { throw ConfigError("--size: is 3"); }),
            "sorter: error: --size: is 3\n");
  EXPECT_EQ(ended(3, []() -> int { throw DataError("a.jsonl: is empty"); }),
            "sorter: error: a.jsonl: is empty\n");
  EXPECT_EQ(ended(1, []() -> int { throw InternalError("check failed"); }),
            "sorter: internal error: check failed\n");
  EXPECT_EQ(ended(1, []() -> int { throw std::out_of_range("at 5"); }),
            "sorter: internal error: at 5\n");
}

}  // namespace
}  // namespace retrace::core
