// How every program ends: by an exit code, and never by an exception.
#pragma once

#include <functional>
#include <string_view>

namespace retrace::core {

// Returns what `program` returns. What it throws goes to stderr in one line, "<name>: error: ..."
// and, where it is a bug, "<name>: internal error: ..."; the exit code is then the error's
// (core/error.h), and 1 for exceptions that are not ours.
int run_program(std::string_view name, const std::function<int()>& program);

}  // namespace retrace::core
