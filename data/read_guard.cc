#include "data/read_guard.h"

#include <cmath>
#include <utility>

#include "core/error.h"

namespace retrace::data {

void validate(const ReadLimits& limits) {
  using core::ConfigError, core::throw_;
  if (!(limits.deadline_seconds > 0) || !std::isfinite(limits.deadline_seconds)) {
    throw_<ConfigError>("deadline_seconds: must be above 0, is {}", limits.deadline_seconds);
  }
  if (limits.max_source_pixels < 1) {
    throw_<ConfigError>("max_source_pixels: must be at least 1, is {}", limits.max_source_pixels);
  }
  if (limits.max_packets < 1) {
    throw_<ConfigError>("max_packets: must be at least 1, is {}", limits.max_packets);
  }
}

ReadGuard::ReadGuard(std::filesystem::path file, const ReadLimits& limits)
    : file_(std::move(file)), limits_(limits), deadline_(limits.deadline_seconds) {}

void ReadGuard::pause() {
  const Clock::time_point now = Clock::now();
  spent_ += now - started_;
  started_ = now;
}

void ReadGuard::check_time() const {
  if (!is_late()) return;
  core::throw_<core::DataError>(
      "{}: reading it took longer than {:g} s (video.deadline_seconds); is its disk or network "
      "share stalled, or the video very long?",
      file_.string(), limits_.deadline_seconds);
}

}  // namespace retrace::data
