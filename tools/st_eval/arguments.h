// The command line of st_eval, and the settings of an answer that it stands for.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/st_eval/answering.h"
#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/question.h"

namespace retrace::st_eval {

struct Arguments {
  std::filesystem::path model, base, recipe, answers, out;
  QuestionFiles questions;
  std::vector<std::string> overrides;
  std::string prompt, system, judge = "rules", name, trained_on;
  bool blind = false;
  double temperature = 0, deadline_seconds = 3600;
  int64_t max_new_tokens = 0, draws = 2000;
  int judge_threads = 8;
  uint64_t seed = 1;
};

void add_options(CLI::App& app, Arguments& arguments);

// What cannot stand together. Throws ConfigError.
void check_arguments(const Arguments& arguments);

// Throws ConfigError, and CheckpointError for adapters whose base is not known.
ModelOptions model_options(const Arguments& arguments);

// The hashes of the question files. Throws DataError.
Settings data_settings(const Arguments& arguments);

// Everything an answer depends on. Throws ConfigError, DataError and CheckpointError.
Settings settings_of(const Arguments& arguments, const ModelOptions& options);

}  // namespace retrace::st_eval
