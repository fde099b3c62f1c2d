// The judge of route descriptions that the command line asks for.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "reward/judge.h"

namespace retrace::st_eval {

// `backend` is "rules", "http", "local" or "none" (null). Its other options come from section judge
// of the recipe, if there is one, and from overrides "judge.KEY=VALUE". Throws ConfigError, and
// what the judge's constructor throws.
std::unique_ptr<reward::Judge> make_judge(const std::string& backend,
                                          const std::filesystem::path& recipe,
                                          const std::vector<std::string>& overrides);

}  // namespace retrace::st_eval
