// grpo_train: the main job. Everything is in the recipe; see docs/recipes.md.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/logging.h"
#include "distributed/mpi_communicator.h"
#include "rl/agreement.h"
#include "rl/plan.h"
#include "rl/report.h"
#include "rl/run_config.h"
#include "rl/summary.h"
#include "rl/trainer.h"
#include "tools/command_line.h"
#include "tools/mpi_program.h"

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

std::optional<int> parse(int argc, char** argv, Arguments& arguments) {
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
  const bool is_root = distributed::MpiSession::world_rank() == 0;
  const std::optional<int> code = tools::parse_command_line(app, argc, argv, is_root);
  if (!arguments.run_dir.empty()) {
    arguments.overrides.push_back("run.dir=" + quoted_yaml(arguments.run_dir));
  }
  return code;
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

int run(int argc, char** argv) {
  Arguments arguments;
  if (const auto code = parse(argc, argv, arguments)) return *code;
  const auto communicator = distributed::make_mpi_communicator({});
  return train(arguments, *communicator);
}

}  // namespace

int main(int argc, char** argv) {
  return retrace::tools::run_mpi_program(argc, argv, run);
}
