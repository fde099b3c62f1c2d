// judge_route: scores one described route, to see what a judge makes of it.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "core/program.h"
#include "rl/judge_factory.h"
#include "tools/command_line.h"

namespace {

using namespace retrace;

struct Arguments {
  std::string question, reference, prediction;
  data::TravelDirection direction = data::TravelDirection::kUnknown;
  std::vector<std::string> settings;
};

constexpr const char* kFooter =
    R"(Prints the three parts, each 0 to 5, the total in percent, and the judge's remark. The judge is `rules` unless settings
of a recipe's judge section say otherwise (docs/judge.md).

Examples:
  judge_route --reference 'Turn left at the bakery, then right.' --prediction 'At the bakery take a left.'
  judge_route --set judge.backend=http --set judge.endpoint=https://host/v1/chat/completions --set judge.model=NAME \
      --set judge.key_env=API_KEY --reference '...' --prediction '...'

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 no verdict, or a bad checkpoint, 130 interrupted)";

std::optional<int> parse(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Scores one described route.", "judge_route");
  app.add_option("--reference", arguments.reference, "the annotated route")->required();
  app.add_option("--prediction", arguments.prediction, "the description to be judged")->required();
  app.add_option("--question", arguments.question, "what was asked");
  tools::add_choice(
      app, "--direction", arguments.direction, "which way is asked about",
      {{"forward", data::TravelDirection::kForward}, {"reverse", data::TravelDirection::kReverse}});
  app.add_option("--set", arguments.settings, "judge.KEY=VALUE, as in a recipe; may be repeated");
  app.footer(kFooter);
  return tools::parse_command_line(app, argc, argv);
}

rl::JudgeSection read_section(const std::vector<std::string>& settings) {
  core::ConfigNode root = core::ConfigNode::from_string("{}", "--set", settings);
  rl::JudgeSection section;
  rl::read_judge(root, section);
  root.finish();
  return section;
}

int judge(const Arguments& arguments) {
  const std::unique_ptr<reward::Judge> judge = rl::make_judge(read_section(arguments.settings));
  const std::optional<reward::JudgeVerdict> verdict =
      judge->judge({.question = arguments.question,
                    .reference = arguments.reference,
                    .prediction = arguments.prediction,
                    .direction = arguments.direction});
  const reward::JudgeCounts counts = judge->counts();
  if (!verdict) {
    if (const int signal = core::interrupt_signal(); signal != 0) return 128 + signal;
    core::throw_<core::DataError>("{}: no verdict{}", judge->name(),
                                  judge->name() == "rules"
                                      ? "; the reference names neither a move nor a landmark"
                                      : "; the warning above says why");
  }
  fmt::print("direction {:.2f}  landmark {:.2f}  semantics {:.2f}  total {:.1f} %\n{}\n",
             verdict->direction, verdict->landmark, verdict->semantics, verdict->percent(),
             verdict->explanation);
  if (judge->name() == "http") {
    fmt::print("from the cache: {}, retries: {}, cost: {:.6f} USD\n",
               counts.cache_hits > 0 ? "yes" : "no", counts.retries, counts.cost_usd);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  core::install_interrupt_handlers();
  return core::run_program("judge_route", [&] {
    Arguments arguments;
    if (const auto code = parse(argc, argv, arguments)) return *code;
    return judge(arguments);
  });
}
