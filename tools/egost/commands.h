// The subcommands of egost.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/sample.h"

namespace retrace::egost {

// Each adds its options to `app` and returns what runs it once they are parsed.
std::function<void()> add_census(CLI::App& app);
std::function<void()> add_harden(CLI::App& app);
std::function<void()> add_shortcuts(CLI::App& app);
std::function<void()> add_split(CLI::App& app);

// Texts alone: videos need not exist.
std::vector<data::Sample> read_questions(const std::filesystem::path& file, bool skip_broken);

}  // namespace retrace::egost
