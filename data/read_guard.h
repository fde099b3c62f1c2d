// Watches the time spent on one video file. Included by data/*.cc and their tests only.
#pragma once

#include <chrono>
#include <filesystem>

#include "data/read_limits.h"

namespace retrace::data {

// The time counts from construction until pause(), and while a Turn lives: between the reader's
// calls a file costs nothing. For one thread.
class ReadGuard {
 public:
  ReadGuard(std::filesystem::path file, const ReadLimits& limits);

  void pause();
  class Turn {
   public:
    explicit Turn(ReadGuard& guard) : guard_(guard) { guard_.started_ = Clock::now(); }
    ~Turn() { guard_.pause(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    ReadGuard& guard_;
  };

  bool is_late() const { return spent_ + (Clock::now() - started_) >= deadline_; }
  // Throws DataError with file, limit and key when the time is up.
  void check_time() const;

  const std::filesystem::path& file() const { return file_; }
  const ReadLimits& limits() const { return limits_; }

 private:
  using Clock = std::chrono::steady_clock;
  std::filesystem::path file_;
  ReadLimits limits_;
  std::chrono::duration<double> deadline_, spent_{0};
  Clock::time_point started_ = Clock::now();
};

}  // namespace retrace::data
