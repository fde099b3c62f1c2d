// judge_route: scores one described route, to see what a judge makes of it.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/interrupt.h"
#include "rl/judge_factory.h"

namespace {

using namespace retrace;

struct Arguments {
  std::string question, reference, prediction, direction;
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

int parse_arguments(int argc, char** argv, Arguments& arguments) {
  CLI::App app("Scores one described route.", "judge_route");
  app.add_option("--reference", arguments.reference, "the annotated route")->required();
  app.add_option("--prediction", arguments.prediction, "the description to be judged")->required();
  app.add_option("--question", arguments.question, "what was asked");
  app.add_option("--direction", arguments.direction, "which way is asked about")
      ->check(CLI::IsMember({"forward", "reverse"}));
  app.add_option("--set", arguments.settings, "judge.KEY=VALUE, as in a recipe; may be repeated");
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(core::ExitCode::kUsage);
  }
  return -1;
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
                    .direction = data::parse_travel_direction(arguments.direction)
                                     .value_or(data::TravelDirection::kUnknown)});
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
  Arguments arguments;
  if (const int code = parse_arguments(argc, argv, arguments); code >= 0) return code;
  at::set_num_threads(1);
  core::install_interrupt_handlers();
  try {
    return judge(arguments);
  } catch (const core::Error& error) {
    fmt::print(stderr, "judge_route: {}\n", error.what());
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    fmt::print(stderr, "judge_route: internal error: {}\n", error.what());
    return static_cast<int>(core::ExitCode::kInternal);
  }
}
