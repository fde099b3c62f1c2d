#include "reward/rate_limiter.h"

#include <algorithm>
#include <thread>

namespace retrace::reward {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(20);

Clock::duration interval_of(double requests_per_second) {
  if (requests_per_second <= 0) return Clock::duration::zero();
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(1 / requests_per_second));
}

}  // namespace

bool sleep_until(Clock::time_point until, const std::function<bool()>& should_stop) {
  while (Clock::now() < until) {
    if (should_stop && should_stop()) return false;
    std::this_thread::sleep_until(std::min(until, Clock::now() + kLookEvery));
  }
  return !should_stop || !should_stop();
}

RateLimiter::RateLimiter(double requests_per_second, int64_t max_at_once)
    : interval_(interval_of(requests_per_second)),
      max_at_once_(max_at_once),
      next_start_(Clock::now()) {}

RateLimiter::Place RateLimiter::wait_for_place(Clock::time_point deadline,
                                               const std::function<bool()>& should_stop) {
  std::unique_lock lock(mutex_);
  while (num_running_ >= max_at_once_) {
    if (should_stop && should_stop()) return nullptr;
    if (Clock::now() >= deadline) return nullptr;
    changed_.wait_until(lock, std::min(deadline, Clock::now() + kLookEvery));
  }
  ++num_running_;
  return Place(this);
}

RateLimiter::Place RateLimiter::acquire(Clock::time_point deadline,
                                        const std::function<bool()>& should_stop) {
  Place place = wait_for_place(deadline, should_stop);
  if (!place) return nullptr;
  // A pause may move the time while a thread sleeps towards it, so it is looked at again.
  while (true) {
    Clock::time_point start;
    {
      const std::lock_guard lock(mutex_);
      const Clock::time_point now = Clock::now();
      if (next_start_ <= now) {
        next_start_ = now + interval_;
        return place;
      }
      start = next_start_;
    }
    if (start > deadline || !sleep_until(start, should_stop)) return nullptr;
  }
}

void RateLimiter::release() {
  {
    const std::lock_guard lock(mutex_);
    --num_running_;
  }
  changed_.notify_one();
}

void RateLimiter::pause_until(Clock::time_point until) {
  const std::lock_guard lock(mutex_);
  next_start_ = std::max(next_start_, until);
}

}  // namespace retrace::reward
