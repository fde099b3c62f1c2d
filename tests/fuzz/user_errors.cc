#include "core/error.h"
#include "tests/fuzz/targets.h"

namespace retrace::fuzz {

void expect_user_errors(const std::function<void()>& read) {
  try {
    read();
  } catch (const core::Error& error) {
    const bool is_users =
        error.exit_code() == core::ExitCode::kUsage || error.exit_code() == core::ExitCode::kData;
    if (!is_users) throw;
    RETRACE_CHECK(std::string_view(error.what()).find('\n') == std::string_view::npos,
                  "a message of several lines: {}", error.what());
  }
}

}  // namespace retrace::fuzz
