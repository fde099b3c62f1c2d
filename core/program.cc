#include "core/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "core/error.h"

namespace retrace::core {
namespace {

int report(std::string_view name, ExitCode code, const char* what) {
  fmt::print(stderr, "{}: {}error: {}\n", name, code == ExitCode::kInternal ? "internal " : "",
             what);
  return static_cast<int>(code);
}

}  // namespace

int run_program(std::string_view name, const std::function<int()>& program) {
  try {
    return program();
  } catch (const Error& error) {
    return report(name, error.exit_code(), error.what());
  } catch (const std::exception& error) {
    return report(name, ExitCode::kInternal, error.what());
  }
}

}  // namespace retrace::core
