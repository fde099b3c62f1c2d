// Which failed requests are sent again, and when.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "core/random.h"

namespace retrace::reward {

struct RetryOptions {
  int64_t retries = 5;  // after the first try
  double first_delay_s = 0.5;
  double max_delay_s = 30;  // a longer Retry-After is honoured all the same
};

// 408, 425, 429, 5xx, and 0: no whole reply. Other refusals would come again.
bool is_worth_retrying(int http_status);

// Before retry `retry` = 0, 1, ...: uniform in [m, m + d/2] with d = first_delay_s * 2^retry, at
// most max_delay_s, and m the larger of d/2 ("equal jitter") and retry_after_s.
std::chrono::duration<double> retry_delay(const RetryOptions& options, int64_t retry,
                                          double retry_after_s, core::RandomStream jitter);

// Streams for retry_delay, one a judgement. They differ between judgements, objects and processes:
// ranks with one seed that fail together must not come back together. Decides when something is
// asked, never what. Thread-safe.
class RetryJitter {
 public:
  RetryJitter();
  core::RandomStream next() { return stream_.substream(num_drawn_++); }

 private:
  const core::RandomStream stream_;
  std::atomic<uint64_t> num_drawn_ = 0;
};

}  // namespace retrace::reward
