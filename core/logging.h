// Log lines on stderr and in a file, each with time, level and rank. Only rank 0 prints below
// warning level.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>

namespace retrace::core {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogOptions {
  int rank = 0;
  int world_size = 1;
  std::filesystem::path file;  // empty: stderr only; opened for append
  LogLevel level = LogLevel::kInfo;
};

// May be called again (for example once the run folder is known); not thread-safe against log_*
// calls.
void init_logging(const LogOptions& options);
void log_message(LogLevel level, const std::string& message);  // thread-safe

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_message(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace retrace::core
