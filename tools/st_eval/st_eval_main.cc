// st_eval: scores a model, or given answers, on the Ego-ST tasks; docs/st_eval.md.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "core/program.h"
#include "distributed/mpi_communicator.h"
#include "rl/agreement.h"
#include "tools/command_line.h"
#include "tools/mpi_program.h"
#include "tools/st_eval/answering.h"
#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/arguments.h"
#include "tools/st_eval/comparison.h"
#include "tools/st_eval/judge_choice.h"
#include "tools/st_eval/question.h"
#include "tools/st_eval/results.h"
#include "tools/st_eval/verdicts_file.h"

namespace {

using namespace retrace;
namespace fs = std::filesystem;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    core::throw_<core::DataError>("--out {}: cannot be made: {}", folder.string(), error.message());
  }
}

// Returns the signal that stopped the judge, or 0.
int write_results(const st_eval::Arguments& a, const std::vector<st_eval::Question>& questions,
                  const st_eval::AnswersByView& answers, const reward::Judge* judge,
                  const st_eval::Settings& settings) {
  st_eval::VerdictsByView verdicts;
  for (const auto& [view, of_view] : answers)
    verdicts[view] = st_eval::judge_answers(questions, of_view, judge, a.judge_threads);
  if (const int signal = core::interrupt_signal(); signal != 0) return signal;
  const std::string name =
      !a.name.empty() ? a.name : (a.model.empty() ? a.answers : a.model).string();
  make_folder(a.out);
  st_eval::write_verdicts(a.out, verdicts);
  const st_eval::Results results = st_eval::make_results(
      {name, a.trained_on, a.judge, judge ? judge->counts() : reward::JudgeCounts{}, settings},
      std::move(verdicts), {a.draws, a.seed});
  const std::string markdown = st_eval::results_markdown(results);
  core::write_file_atomically(a.out / "results.json", st_eval::results_json(results));
  core::write_file_atomically(a.out / "results.md", markdown);
  core::write_file_atomically(a.out / "report.html", st_eval::results_html(results));
  fmt::print("{}\nresults: {}\n", markdown, fs::absolute(a.out).string());
  return 0;
}

int evaluate_model(const st_eval::Arguments& a, distributed::Communicator& communicator) {
  const bool is_root = communicator.rank() == 0;
  std::vector<st_eval::Question> questions;
  std::unique_ptr<st_eval::AnsweringModel> model;
  std::unique_ptr<st_eval::AnswersFile> file;
  std::unique_ptr<reward::Judge> judge;  // made first: a wrong option should not cost the answers
  st_eval::Settings settings;
  rl::run_on_all_ranks(communicator, [&] {
    questions = st_eval::read_questions(a.questions);
    const st_eval::ModelOptions options = st_eval::model_options(a);
    if (is_root) {
      judge = st_eval::make_judge(a.judge, a.recipe, a.overrides);
      settings = st_eval::settings_of(a, options);
      file = std::make_unique<st_eval::AnswersFile>(a.out, settings);
    }
    model = std::make_unique<st_eval::AnsweringModel>(options);
  });
  st_eval::AnswersByView answers;
  for (const st_eval::View view : {st_eval::View::kSeen, st_eval::View::kBlind}) {
    if (view == st_eval::View::kBlind && !a.blind) continue;
    const int signal = st_eval::answer_missing(*model, questions, view, file.get(), communicator);
    if (signal != 0) return 128 + signal;
    if (is_root) answers[view] = file->answers(view);
  }
  int signal = 0;
  rl::run_on_all_ranks(communicator, [&] {
    if (is_root) signal = write_results(a, questions, answers, judge.get(), settings);
  });
  return signal == 0 ? 0 : 128 + signal;
}

int evaluate(const st_eval::Arguments& a) {
  const auto communicator = distributed::make_mpi_communicator({a.deadline_seconds});
  rl::run_on_all_ranks(*communicator, [&] { st_eval::check_arguments(a); });
  if (!a.model.empty()) return evaluate_model(a, *communicator);
  int signal = 0;
  rl::run_on_all_ranks(*communicator, [&] {
    if (communicator->rank() != 0) return;
    const std::vector<st_eval::Question> questions = st_eval::read_questions(a.questions);
    static_cast<void>(st_eval::read_model_options(a.recipe, a.overrides));  // refuses wrong keys
    const auto judge = st_eval::make_judge(a.judge, a.recipe, a.overrides);
    signal = write_results(a, questions, st_eval::read_given_answers(a.answers, questions),
                           judge.get(), st_eval::data_settings(a));
  });
  return signal == 0 ? 0 : 128 + signal;
}

bool is_root() {
  return distributed::MpiSession::world_rank() == 0;
}

int compare(int argc, char** argv) {
  CLI::App app("Compares two result folders of st_eval by paired bootstrap.", "st_eval compare");
  fs::path first, second, out;
  st_eval::BootstrapOptions options;
  app.add_option("first", first, "result folder")->required();
  app.add_option("second", second, "result folder")->required();
  app.add_option("--out", out, "also write the table to this Markdown file");
  app.add_option("--draws", options.num_draws)->check(CLI::Range(1, 1000000));
  app.add_option("--seed", options.seed)->check(CLI::NonNegativeNumber);
  app.footer("Example:\n  st_eval compare results/base results/st_r1");
  if (const auto code = tools::parse_command_line(app, argc, argv, is_root())) return *code;
  if (!is_root()) return 0;
  const std::string text = st_eval::comparison_markdown(st_eval::read_result(first),
                                                        st_eval::read_result(second), options);
  if (!out.empty()) core::write_file_atomically(out, text);
  fmt::print("{}", text);
  return 0;
}

int run(int argc, char** argv) {
  at::set_num_threads(1);
  if (argc > 1 && std::string_view(argv[1]) == "compare") {
    return core::run_program("st_eval compare", [&] { return compare(argc - 1, argv + 1); });
  }
  CLI::App app("Scores a model on the Ego-ST tasks: eight columns, averages, intervals.",
               "st_eval");
  st_eval::Arguments arguments;
  st_eval::add_options(app, arguments);
  if (const auto code = tools::parse_command_line(app, argc, argv, is_root())) return *code;
  return evaluate(arguments);
}

}  // namespace

int main(int argc, char** argv) {
  return retrace::tools::run_mpi_program(argc, argv, run);
}
