// How every program ends: by an exit code, and never by an exception.
#pragma once

#include <functional>
#include <string_view>

namespace retrace::core {

// Returns what `program` returns. What it throws goes to stderr in one line, "<name>: error: ..."
// or
// "<name>: internal error: ...", and the exit code is the error's (core/error.h), 1 for exceptions
// that are not ours.
int run_program(std::string_view name, const std::function<int()>& program);

}  // namespace retrace::core
