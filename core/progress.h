// One progress line on stderr with the share done, the rate, and the time left. On a terminal it is
// redrawn in place; otherwise it is a full line at most every `interval_seconds`.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace retrace::core {

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
  void print(int64_t done, const std::string& note, bool last);
  std::string title_, unit_;
  int64_t total_;
  bool enabled_, is_terminal_, finished_ = false;
  double interval_seconds_;
  std::chrono::steady_clock::time_point start_, last_print_;
};

// "3 m 12 s", "41 s", "2 h 05 m".
std::string format_duration(double seconds);

}  // namespace retrace::core
