// reward_lab: what other rewards would have made of a run's completions; docs/reward_lab.md.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/program.h"
#include "rl/judge_factory.h"
#include "tools/command_line.h"
#include "tools/reward_lab/design.h"
#include "tools/reward_lab/lab.h"
#include "tools/reward_lab/report.h"
#include "tools/reward_lab/saved_rollouts.h"

namespace {

using namespace retrace;
namespace fs = std::filesystem;

constexpr const char* kFooter = R"(
A reward file is a recipe, of which only the section `reward` is read, or such a section alone:
  rewards:
    - {name: letter, weight: 1.0}
    - {name: format, weight: 0.2}

Writes D/reward_lab.json, D/reward_lab.md and D/report.html. The saved rewards are compared too, as
the design "as saved".

Example:
  reward_lab --rollouts runs/st_r1 --reward recipes/st_r1.yaml \
      --reward recipes/st_r1_as_released.yaml --out lab

Exit codes: 0 done, 1 internal error, 2 bad usage or reward file, 3 no rollouts, or nothing in them
could be read)";

struct Arguments {
  fs::path rollouts, out;
  std::vector<fs::path> rewards;
  std::string judge = "rules";
  std::vector<std::string> settings;
  reward_lab::LabOptions options;
};

std::optional<int> parse(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Scores saved rollouts under other rewards and compares them.", "reward_lab");
  app.add_option("--rollouts", arguments.rollouts, "run folder, or its folder rollouts")
      ->required();
  app.add_option("--reward", arguments.rewards, "reward file (repeatable)")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--out", arguments.out, "folder of the results")->required();
  app.add_option("--judge", arguments.judge, "for rewards that need one")
      ->check(tools::one_of({"rules", "http", "local", "none"}))
      ->capture_default_str();
  app.add_option("--set", arguments.settings, "option of the judge: judge.KEY=VALUE (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--hack-groups", arguments.options.hack_questions,
                 "groups that hack strings are tried on, the first so many")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.footer(kFooter);
  return tools::parse_command_line(app, argc, argv);
}

std::vector<reward_lab::Design> read_designs(const Arguments& arguments,
                                             const reward::Judge* judge) {
  std::vector<reward_lab::Design> designs;
  std::set<std::string> names = {"as saved"};
  for (const fs::path& file : arguments.rewards) {
    designs.emplace_back(file, judge);
    if (names.insert(designs.back().name()).second) continue;
    core::throw_<core::ConfigError>(
        "--reward: two designs would be called '{}'; give files with other names",
        designs.back().name());
  }
  return designs;
}

std::unique_ptr<reward::Judge> make_judge(const Arguments& arguments) {
  if (arguments.judge == "none") return nullptr;
  std::vector<std::string> settings = arguments.settings;
  settings.push_back("judge.backend=" + arguments.judge);
  core::ConfigNode root = core::ConfigNode::from_string("{}", "--set", settings);
  rl::JudgeSection section;
  rl::read_judge(root, section);
  root.finish();
  return rl::make_judge(section);
}

void run(const Arguments& arguments) {
  const std::unique_ptr<reward::Judge> judge = make_judge(arguments);
  const std::vector<reward_lab::Design> designs = read_designs(arguments, judge.get());
  reward_lab::RolloutReader reader(arguments.rollouts);
  const reward_lab::LabResults results = reward_lab::run_lab(reader, designs, arguments.options);
  if (results.num_groups == 0) {
    const reward_lab::BadLine bad = results.bad_lines.empty()
                                        ? reward_lab::BadLine{"", "the files are empty"}
                                        : results.bad_lines.front();
    core::throw_<core::DataError>("{}: no completion could be read: {} {}",
                                  arguments.rollouts.string(), bad.where, bad.reason);
  }
  fs::create_directories(arguments.out);
  const std::string markdown = reward_lab::lab_markdown(results);
  core::write_file_atomically(arguments.out / "reward_lab.json", reward_lab::lab_json(results));
  core::write_file_atomically(arguments.out / "reward_lab.md", markdown);
  core::write_file_atomically(arguments.out / "report.html", reward_lab::lab_html(results));
  fmt::print("{}\nresults: {}\n", markdown, fs::absolute(arguments.out).string());
}

}  // namespace

int main(int argc, char** argv) {
  return core::run_program("reward_lab", [&] {
    Arguments arguments;
    if (const auto code = parse(argc, argv, arguments)) return *code;
    run(arguments);
    return 0;
  });
}
