// Keeps requests to a number a second and to a number at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

namespace retrace::reward {

using Clock = std::chrono::steady_clock;

// Sleeps until `until`; false, and at once, when `should_stop` says so. Looks every 20 ms.
bool sleep_until(Clock::time_point until, const std::function<bool()>& should_stop);

class RateLimiter {
 public:
  // requests_per_second 0: as many as come. Starts are 1 / requests_per_second apart, so no second
  // has more of them; there is no burst.
  RateLimiter(double requests_per_second, int64_t max_at_once);

  struct Release {
    void operator()(RateLimiter* limiter) const { limiter->release(); }
  };
  // Of the max_at_once; given back when destroyed. The limiter outlives it.
  using Place = std::unique_ptr<RateLimiter, Release>;

  // Waits for a place and for its time. Null if `deadline` comes first or `should_stop` says so.
  Place acquire(Clock::time_point deadline, const std::function<bool()>& should_stop);
  // No request of any thread starts before `until`. Cannot be taken back.
  void pause_until(Clock::time_point until);

 private:
  Place wait_for_place(Clock::time_point deadline, const std::function<bool()>& should_stop);
  void release();

  const Clock::duration interval_;
  const int64_t max_at_once_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int64_t num_running_ = 0;
  Clock::time_point next_start_;
};

}  // namespace retrace::reward
