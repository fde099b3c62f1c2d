#include "reward/retry_policy.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace retrace::reward {
namespace {

uint64_t entropy() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

}  // namespace

bool is_worth_retrying(int http_status) {
  return http_status == 0 || http_status == 408 || http_status == 425 || http_status == 429 ||
         http_status >= 500;
}

std::chrono::duration<double> retry_delay(const RetryOptions& options, int64_t retry,
                                          double retry_after_s, core::RandomStream jitter) {
  const double doubled = options.first_delay_s * std::exp2(static_cast<double>(retry));
  const double half = std::min(doubled, options.max_delay_s) / 2;
  const double spread = half * jitter.uniform(static_cast<uint64_t>(retry));
  return std::chrono::duration<double>(std::max(half, retry_after_s) + spread);
}

RetryJitter::RetryJitter() : stream_(entropy(), "judge retries") {}

}  // namespace retrace::reward
