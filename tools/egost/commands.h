// The subcommands of egost.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/sample.h"

namespace retrace::egost {

// Each adds its options to `app` and returns what runs it once they are parsed.
std::function<void()> add_census(CLI::App& app);
std::function<void()> add_harden(CLI::App& app);
std::function<void()> add_shortcuts(CLI::App& app);
std::function<void()> add_split(CLI::App& app);

// Texts alone: videos need not exist.
std::vector<data::Sample> read_questions(const std::filesystem::path& file, bool skip_broken);

// Returns what `work` returns. What it throws about the questions names their file.
template <class Work>
auto with_file_name(const std::filesystem::path& file, const Work& work) {
  try {
    return work();
  } catch (const core::DataError& error) {
    core::throw_<core::DataError>("{}: {}", file.string(), error.what());
  }
}

}  // namespace retrace::egost
