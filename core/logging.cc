#include "core/logging.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <memory>

#include "core/error.h"

namespace retrace::core {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::sink_ptr open_log_file(const std::filesystem::path& file) {
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  } catch (const spdlog::spdlog_ex& error) {
    throw_<DataError>("{}: the log cannot be written: {}", file.string(), error.what());
  }
}

std::shared_ptr<spdlog::logger> make_logger(const LogOptions& options) {
  std::vector<spdlog::sink_ptr> sinks = {std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  if (!options.file.empty()) sinks.push_back(open_log_file(options.file));
  auto logger = std::make_shared<spdlog::logger>("retrace", sinks.begin(), sinks.end());
  logger->set_pattern(
      fmt::format("%Y-%m-%d %H:%M:%S.%e %-7l rank {}/{}: %v", options.rank, options.world_size));
  const LogLevel level =
      options.rank == 0 ? options.level : std::max(options.level, LogLevel::kWarning);
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);  // the last lines before a crash are the ones that matter
  return logger;
}

// Before init_logging: stderr, rank 0.
std::shared_ptr<spdlog::logger>& current_logger() {
  static std::shared_ptr<spdlog::logger> logger = make_logger(LogOptions{});
  return logger;
}

}  // namespace

void init_logging(const LogOptions& options) {
  current_logger() = make_logger(options);
}

void log_message(LogLevel level, const std::string& message) {
  // As a string view: braces in the message are not a format.
  current_logger()->log(to_spdlog(level), spdlog::string_view_t(message));
}

}  // namespace retrace::core
