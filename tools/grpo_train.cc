// grpo_train: the main job. Everything is in the recipe; see docs/recipes.md.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "core/resources.h"
#include "distributed/mpi_communicator.h"
#include "rl/agreement.h"
#include "rl/plan.h"
#include "rl/report.h"
#include "rl/run_config.h"
#include "rl/summary.h"
#include "rl/trainer.h"

namespace {

using namespace retrace;

struct Arguments {
  std::filesystem::path recipe;
  std::vector<std::string> overrides;
  std::string run_dir, resume;
  bool plan = false;
};

constexpr const char* kFooter = R"(Examples:
  grpo_train recipes/quickstart.yaml
  mpirun -n 2 grpo_train recipes/quickstart.yaml --set grpo.steps=50 --run-dir runs/short
  mpirun -n 2 grpo_train recipes/quickstart.yaml --resume auto

Exit codes: 0 done, 1 internal error, 2 bad usage or recipe, 3 bad data or checkpoint,
4 another rank or the network failed, 130/143 interrupted (checkpoint saved))";

// Text that YAML reads as it is: a path may hold '#' or ': '.
std::string quoted_yaml(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

// Returns an exit code when the program should end here, -1 to go on.
int parse_arguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Trains a video language model: SFT, then GRPO, as the recipe says.", "grpo_train");
  app.add_option("recipe", arguments.recipe, "recipe (YAML)")->required();
  app.add_option("--set", arguments.overrides, "override a recipe value: a.b=v (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--run-dir", arguments.run_dir, "folder of the run (same as --set run.dir=...)");
  app.add_option("--resume", arguments.resume,
                 "'auto' (newest checkpoint of the run folder, if any) or a checkpoint");
  app.add_flag("--plan", arguments.plan,
               "print the batch arithmetic, memory and time estimate, then stop");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (distributed::MpiSession::world_rank() == 0) app.exit(error);
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(core::ExitCode::kUsage);
  }
  if (!arguments.run_dir.empty()) {
    arguments.overrides.push_back("run.dir=" + quoted_yaml(arguments.run_dir));
  }
  return -1;
}

int train(const Arguments& arguments, distributed::Communicator& start_up) {
  rl::RunConfig config;
  rl::run_on_all_ranks(
      start_up, [&] { config = rl::read_run_config(arguments.recipe, arguments.overrides); });
  const auto of_run = distributed::make_mpi_communicator({config.deadline_seconds});
  distributed::Communicator& communicator = *of_run;
  at::set_num_threads(static_cast<int>(config.run.threads));
  if (arguments.plan) {
    rl::run_on_all_ranks(communicator, [&] {
      rl::validate_for_ranks(config, communicator.size());
      const std::string plan = rl::describe_plan(config, communicator.size());
      if (communicator.rank() == 0) fmt::print("{}", plan);
    });
    return 0;
  }
  rl::Trainer trainer(config, communicator, arguments.resume);
  rl::run_on_all_ranks(communicator, [&] {
    if (communicator.rank() == 0)
      core::log_info("{}", rl::describe_plan(config, communicator.size()));
  });
  const rl::RunOutcome outcome = trainer.run();
  if (communicator.rank() == 0) {
    rl::write_report(config.run.dir);
    if (!outcome.table.empty()) fmt::print("\n{}\n", rl::summary_table(outcome.table));
    fmt::print("run folder: {}\n", std::filesystem::absolute(config.run.dir).string());
  }
  return outcome.interrupted_by == 0 ? 0 : 128 + outcome.interrupted_by;
}

}  // namespace

int main(int argc, char** argv) {
  distributed::MpiSession session(&argc, &argv);
  const int rank = distributed::MpiSession::world_rank();
  core::init_logging(
      {.rank = rank, .world_size = distributed::MpiSession::world_size(), .file = {}});
  core::install_interrupt_handlers();
  core::keep_freed_memory();
  Arguments arguments;
  if (const int code = parse_arguments(argc, argv, arguments); code >= 0) return code;
  try {
    const auto communicator = distributed::make_mpi_communicator({});
    try {
      return train(arguments, *communicator);
    } catch (const rl::AgreedError& error) {  // the same on every rank: all leave in order
      if (rank == 0) core::log_error("{}", error.what());
      return static_cast<int>(error.exit_code());
    }
  } catch (const core::Error& error) {
    core::log_error("{}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(error.exit_code()));
  } catch (const std::exception& error) {
    core::log_error("internal error: {}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(core::ExitCode::kInternal));
  }
}
