// One progress line on stderr with the share done, the rate, and the time left. On a terminal it is
// redrawn in place; otherwise it is a full line at most every `interval_seconds`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace retrace::core {

struct ProgressState {
  int64_t done = 0;
  int64_t total = 0;      // 0: unknown
  int64_t done_here = 0;  // since the line started: what the rate is taken from
  double elapsed_seconds = 0;
};

// "frames: 12/100 clips (12%), 3.4 clips/s, 26 s left", without the parts that cannot be known yet.
std::string progress_text(const std::string& title, const std::string& unit,
                          const ProgressState& state);
// "frames: 100 clips in 3 m 12 s (0.52 clips/s)".
std::string finished_text(const std::string& title, const std::string& unit,
                          const ProgressState& state);

class ProgressLine {
 public:
  // `total` items of `unit` ("clips"); disabled lines print nothing (ranks other than 0).
  ProgressLine(std::string title, int64_t total, std::string unit, bool enabled = true,
               double interval_seconds = 10);
  ~ProgressLine();  // ends the line if finish() was not called
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `done` items so far; `note` is shown at the end of the line ("loss 0.31").
  void update(int64_t done, const std::string& note = "");
  void finish(const std::string& note = "");

 private:
  using Clock = std::chrono::steady_clock;
  ProgressState state(Clock::time_point now) const;
  void print(const std::string& text, bool last);

  std::string title_, unit_;
  int64_t total_;
  int64_t done_ = 0;
  int64_t first_done_ = -1;  // -1: no update yet; a resumed loop starts above 0
  bool enabled_, is_terminal_, finished_ = false, drawn_ = false;
  double interval_seconds_;
  Clock::time_point start_, last_print_;
};

// "3 m 12 s", "41 s", "2 h 05 m".
std::string format_duration(double seconds);

}  // namespace retrace::core
