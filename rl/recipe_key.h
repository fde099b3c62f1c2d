// Errors of what a recipe names begin with the key that names it.
#pragma once

#include <string_view>

#include "core/error.h"

namespace retrace::rl {

// The result of `work`. A DataError or CheckpointError that it throws goes on as one of its kind
// whose message begins with "<key>: ".
template <class Work>
auto under_key(std::string_view key, Work&& work) {
  try {
    return work();
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: {}", key, error.what());
  } catch (const core::CheckpointError& error) {
    core::throw_<core::CheckpointError>("{}: {}", key, error.what());
  }
}

}  // namespace retrace::rl
