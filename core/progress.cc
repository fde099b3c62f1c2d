#include "core/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <utility>

namespace retrace::core {
namespace {

constexpr double kRedrawSeconds = 0.1;  // on a terminal

// Three significant digits without an exponent: "0.034", "3.42", "125".
std::string format_rate(double per_second) {
  if (per_second >= 100) return fmt::format("{:.0f}", per_second);
  return fmt::format("{:.3g}", per_second);
}

double rate_of(const ProgressState& state) {
  return state.elapsed_seconds > 0 && state.done_here > 0
             ? static_cast<double>(state.done_here) / state.elapsed_seconds
             : 0;
}

std::string with_note(std::string text, const std::string& note) {
  return note.empty() ? text : fmt::format("{}, {}", text, note);
}

}  // namespace

std::string progress_text(const std::string& title, const std::string& unit,
                          const ProgressState& state) {
  std::string text = fmt::format("{}: {} {}", title, state.done, unit);
  if (state.total > 0) {
    text = fmt::format("{}: {}/{} {} ({}%)", title, state.done, state.total, unit,
                       100 * state.done / state.total);
  }
  const double rate = rate_of(state);
  if (rate > 0) text += fmt::format(", {} {}/s", format_rate(rate), unit);
  if (rate > 0 && state.total > state.done) {
    const double seconds_left = static_cast<double>(state.total - state.done) / rate;
    text += fmt::format(", {} left", format_duration(seconds_left));
  }
  return text;
}

std::string finished_text(const std::string& title, const std::string& unit,
                          const ProgressState& state) {
  std::string text = fmt::format("{}: {} {} in {}", title, state.done, unit,
                                 format_duration(state.elapsed_seconds));
  const double rate = rate_of(state);
  if (rate > 0) text += fmt::format(" ({} {}/s)", format_rate(rate), unit);
  return text;
}

ProgressLine::ProgressLine(std::string title, int64_t total, std::string unit, bool enabled,
                           double interval_seconds)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(total),
      enabled_(enabled),
      is_terminal_(::isatty(STDERR_FILENO) == 1),
      interval_seconds_(interval_seconds),
      start_(Clock::now()),
      last_print_(start_) {}

ProgressLine::~ProgressLine() {
  if (enabled_ && is_terminal_ && drawn_ && !finished_) std::fputc('\n', stderr);
}

ProgressState ProgressLine::state(Clock::time_point now) const {
  return {.done = done_,
          .total = total_,
          .done_here = done_ - (first_done_ < 0 ? 0 : first_done_),
          .elapsed_seconds = std::chrono::duration<double>(now - start_).count()};
}

void ProgressLine::update(int64_t done, const std::string& note) {
  done_ = done;
  // A first update with more than one item done comes from a loop that was resumed.
  if (first_done_ < 0) first_done_ = done > 1 ? done : 0;
  if (!enabled_ || finished_) return;
  const Clock::time_point now = Clock::now();
  const double since_last_seconds = std::chrono::duration<double>(now - last_print_).count();
  const double least_seconds = is_terminal_ ? kRedrawSeconds : interval_seconds_;
  if (since_last_seconds < least_seconds) return;
  last_print_ = now;
  print(with_note(progress_text(title_, unit_, state(now)), note), /*last=*/false);
}

void ProgressLine::finish(const std::string& note) {
  if (!enabled_ || finished_) return;
  finished_ = true;
  print(with_note(finished_text(title_, unit_, state(Clock::now())), note), /*last=*/true);
}

void ProgressLine::print(const std::string& text, bool last) {
  constexpr const char* kRedraw = "\r\033[K";  // to the start of the line, and clear it
  const std::string line =
      is_terminal_ ? fmt::format("{}{}{}", kRedraw, text, last ? "\n" : "") : text + "\n";
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
  drawn_ = true;
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds >= 1e12) return "unknown time";
  const auto whole = static_cast<int64_t>(std::llround(std::max(seconds, 0.0)));
  const int64_t num_seconds = whole % 60, num_minutes = whole / 60 % 60;
  const int64_t num_hours = whole / 3600 % 24, num_days = whole / 86400;
  if (num_days > 0) return fmt::format("{} d {:02} h", num_days, num_hours);
  if (num_hours > 0) return fmt::format("{} h {:02} m", num_hours, num_minutes);
  if (num_minutes > 0) return fmt::format("{} m {:02} s", num_minutes, num_seconds);
  return fmt::format("{} s", num_seconds);
}

}  // namespace retrace::core
