#include "tools/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"

namespace retrace::tools {

std::optional<int> parse_command_line(CLI::App& app, int argc, char** argv, bool prints) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (prints) app.exit(error);
    const bool asked_for_help = error.get_exit_code() == 0;
    return static_cast<int>(asked_for_help ? core::ExitCode::kDone : core::ExitCode::kUsage);
  }
}

// CLI11 puts the option's name before the message.
CLI::Validator one_of(const std::vector<std::string>& names) {
  const auto check = [names](const std::string& found) {
    if (std::find(names.begin(), names.end(), found) != names.end()) return std::string();
    return fmt::format("expected one of {}; found '{}'", fmt::join(names, ", "), found);
  };
  return {check, fmt::format("{{{}}}", fmt::join(names, ","))};
}

}  // namespace retrace::tools
