// Error families. Every user-facing error says what, where, expected, found, and the likely fix, in
// one line.
//
// Only `main` catches: it logs the message with the rank, and returns (or aborts all ranks with)
// exit_code().
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace retrace::core {

// Documented exit codes of every program.
enum class ExitCode : int {
  kDone = 0,
  kInternal = 1,     // a bug in Retrace
  kUsage = 2,        // bad command line or recipe
  kData = 3,         // bad data file, video or checkpoint
  kDistributed = 4,  // another rank or the network failed
  kInterrupted = 130,
  kTerminated = 143,
};

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message)
      : std::runtime_error(message), exit_code_(code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

struct ConfigError : Error {
  explicit ConfigError(const std::string& message) : Error(ExitCode::kUsage, message) {}
};
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(ExitCode::kData, message) {}
};
struct CheckpointError : Error {
  explicit CheckpointError(const std::string& message) : Error(ExitCode::kData, message) {}
};
struct DistributedError : Error {
  explicit DistributedError(const std::string& message) : Error(ExitCode::kDistributed, message) {}
};
struct InternalError : Error {
  explicit InternalError(const std::string& message) : Error(ExitCode::kInternal, message) {}
};

// throw_<ConfigError>("{}: must be in (0, 1], is {}", path, value); the format is checked at
// compile time.
template <class E, class... Args>
[[noreturn]] void throw_(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace retrace::core

// An invariant of the program itself; never reachable from user input.
#define RETRACE_CHECK(condition, ...)                                                         \
  do {                                                                                        \
    if (!(condition)) [[unlikely]] {                                                          \
      ::retrace::core::throw_<::retrace::core::InternalError>("{}:{}: check failed: {}: {}",  \
                                                              __FILE__, __LINE__, #condition, \
                                                              ::fmt::format(__VA_ARGS__));    \
    }                                                                                         \
  } while (false)
