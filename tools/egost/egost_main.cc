// egost: question files of Ego-ST counted, divided and hardened; docs/egost.md.
#include <ATen/Parallel.h>

#include <functional>
#include <utility>
#include <vector>

#include "core/program.h"
#include "data/jsonl_dataset.h"
#include "tools/command_line.h"
#include "tools/egost/commands.h"

namespace retrace::egost {

std::vector<data::Sample> read_questions(const std::filesystem::path& file, bool skip_broken) {
  data::DatasetOptions options;
  options.file = file;
  options.allow_text_only = true;
  options.skip_broken = skip_broken;
  options.check_files = false;
  return data::read_dataset(options);
}

}  // namespace retrace::egost

namespace {

using namespace retrace;

constexpr const char* kFooter = R"(
Examples:
  egost census total_test_mcq_63.jsonl total_test_mcq_630.jsonl
  egost census Part1_forward_mcq.json --skip-broken
  egost split total_test_mcq_630.jsonl --out splits
  egost split total_test_mcq_630.jsonl --out splits --sizes 50,100,200 --test-share 0.2
  egost harden total_test_mcq_630.jsonl --out hardened.jsonl --distractors replace
  egost shortcuts total_test_mcq_630.jsonl

Videos are not opened and need not be there.

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 a file that cannot be read or holds a broken
record)";

int run(int argc, char** argv) {
  CLI::App app("Counts, divides and hardens question files of Ego-ST (docs/egost.md).", "egost");
  app.require_subcommand(1);
  app.footer(kFooter);
  std::vector<std::pair<CLI::App*, std::function<void()>>> commands;
  const auto add = [&](const char* name, const char* what, auto add_options) {
    CLI::App* command = app.add_subcommand(name, what);
    commands.emplace_back(command, add_options(*command));
  };
  add("census", "what is in files: counts, pairs, defects", egost::add_census);
  add("split", "training sets of several sizes, tests apart", egost::add_split);
  add("harden", "options that tell less without the video", egost::add_harden);
  add("shortcuts", "what a reader without the video gets right", egost::add_shortcuts);
  if (const auto code = tools::parse_command_line(app, argc, argv)) return *code;
  for (const auto& [command, action] : commands) {
    if (command->parsed()) action();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  return core::run_program("egost", [&] { return run(argc, argv); });
}
