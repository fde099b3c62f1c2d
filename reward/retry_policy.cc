#include "reward/retry_policy.h"

#include <algorithm>
#include <cmath>

namespace retrace::reward {

bool is_worth_retrying(int http_status) {
  return http_status == 0 || http_status == 408 || http_status == 425 || http_status == 429 ||
         http_status >= 500;
}

std::chrono::duration<double> retry_delay(const RetryOptions& options, int64_t retry,
                                          double retry_after_s, core::RandomStream jitter) {
  const double doubled = options.first_delay_s * std::exp2(static_cast<double>(retry));
  const double limit = std::min(doubled, options.max_delay_s);
  const double delay = limit * (1 + jitter.uniform(static_cast<uint64_t>(retry))) / 2;
  return std::chrono::duration<double>(std::max(delay, retry_after_s));
}

}  // namespace retrace::reward
