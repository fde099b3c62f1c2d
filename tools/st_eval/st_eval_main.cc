// st_eval: scores a model, or given answers, on the Ego-ST tasks; docs/st_eval.md.
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/files.h"
#include "core/interrupt.h"
#include "core/logging.h"
#include "core/resources.h"
#include "data/content_hash.h"
#include "distributed/mpi_communicator.h"
#include "rl/agreement.h"
#include "rl/run_config.h"
#include "tools/st_eval/answering.h"
#include "tools/st_eval/answers_file.h"
#include "tools/st_eval/fingerprint.h"
#include "tools/st_eval/judge_choice.h"
#include "tools/st_eval/question.h"
#include "tools/st_eval/results.h"
#include "tools/st_eval/verdicts_file.h"

namespace {

using namespace retrace;
namespace fs = std::filesystem;

constexpr const char* kFooter = R"(
Writes D/results.json, D/results.md, D/report.html, D/verdicts.jsonl (what became of every question)
and D/answers.jsonl (as they are given: the same command goes on after an interruption).

Comparing two result folders, with paired bootstrap intervals: st_eval compare --help

Examples:
  mpirun -n 2 st_eval --model runs/st_r1/final --recipe runs/st_r1/config.yaml \
      --data world/qa.jsonl --blind --out results/st_r1
  st_eval --data world/qa.jsonl --answers predictions.jsonl --out results/other_model
  st_eval compare results/base results/st_r1

Exit codes: 0 done, 1 internal error, 2 bad usage, 3 bad data or checkpoint, 4 another rank or the
network failed, 130/143 interrupted (answers so far are kept))";

struct Arguments {
  fs::path model, recipe, answers, out;
  st_eval::QuestionFiles questions;
  std::vector<std::string> overrides;
  std::string prompt, system, judge = "rules", name, trained_on;
  bool blind = false;
  double temperature = 0, deadline_seconds = 3600;
  int64_t max_new_tokens = 0, draws = 2000;
  int judge_threads = 8;
  uint64_t seed = 1;
};

void add_options(CLI::App& app, Arguments& a) {
  app.add_option("--model", a.model, "model folder in Hugging Face layout");
  app.add_option("--answers", a.answers, "score these instead: {\"id\", \"text\"} a line");
  app.add_option("--data", a.questions.files, "question files")->required();
  app.add_option("--video-root", a.questions.video_root, "as data.video_root of a recipe");
  app.add_flag("--allow-text-only", a.questions.allow_text_only, "accept questions without video");
  app.add_option("--max-samples", a.questions.max_samples, "the first so many; 0: all")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--out", a.out, "folder of the results")->required();
  app.add_flag("--blind", a.blind, "also the blind twin: every frame painted grey");
  app.add_option("--judge", a.judge, "of route descriptions")
      ->check(CLI::IsMember({"rules", "http", "local", "none"}))
      ->capture_default_str();
  app.add_option("--judge-threads", a.judge_threads, "routes judged at the same time")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app.add_option("--recipe", a.recipe,
                 "video, image, prompt and rollout sections are taken from it");
  app.add_option("--set", a.overrides, "override a value of them: a.b=v (repeatable)")
      ->allow_extra_args(false);
  app.add_option("--prompt", a.prompt, "prompt template; holds {problem} once");
  app.add_option("--system", a.system, "system message (default: the checkpoint's)");
  app.add_option("--temperature", a.temperature, "0: greedy")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--max-new-tokens", a.max_new_tokens,
                 "of an answer (default: the recipe's, or 512)")
      ->check(CLI::Range(1, 131072));
  app.add_option("--seed", a.seed, "of sampling and of the bootstrap")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--draws", a.draws, "bootstrap draws")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--name", a.name, "what the tables call the model (default: --model)");
  app.add_option("--trained-on", a.trained_on, "Train column of Table 4");
  app.add_option("--deadline-seconds", a.deadline_seconds, "how long a rank waits for the others")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

// Returns an exit code when the program should end here, -1 to go on.
int parse(CLI::App& app, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (distributed::MpiSession::world_rank() == 0) app.exit(error);
    return error.get_exit_code() == 0 ? 0 : static_cast<int>(core::ExitCode::kUsage);
  }
  return -1;
}

void check(const Arguments& a) {
  if (a.model.empty() == a.answers.empty()) {
    core::throw_<core::ConfigError>(
        "expected either --model (to be asked) or --answers (to be scored), found {}",
        a.model.empty() ? "neither" : "both");
  }
  if (a.blind && !a.answers.empty())
    core::throw_<core::ConfigError>("--blind: needs --model; given answers have no blind twin");
}

st_eval::ModelOptions model_options(const Arguments& a) {
  st_eval::ModelOptions options = st_eval::read_model_options(a.recipe, a.overrides);
  options.model = a.model;
  if (!a.prompt.empty()) options.prompt.text_template = a.prompt;
  if (!a.system.empty()) options.prompt.system = a.system;
  options.temperature = a.temperature;
  if (a.max_new_tokens > 0) options.max_new_tokens = a.max_new_tokens;
  options.seed = a.seed;
  return options;
}

// Everything an answer depends on.
st_eval::Settings settings_of(const Arguments& a, const st_eval::ModelOptions& options) {
  st_eval::Settings settings;
  settings.emplace_back("model", st_eval::model_hash(a.model));
  for (const fs::path& file : a.questions.files)
    settings.emplace_back("data " + file.filename().string(), st_eval::file_hash(file));
  settings.emplace_back("max_samples", std::to_string(a.questions.max_samples));
  settings.emplace_back("video_root", a.questions.video_root.string());
  settings.emplace_back("allow_text_only", a.questions.allow_text_only ? "yes" : "no");
  std::string set;
  std::vector<std::string> overrides;  // a judge's do not change an answer
  for (const std::string& setting : a.overrides) {
    if (setting.starts_with("judge.")) continue;
    overrides.push_back(setting);
    set += setting + " ";
  }
  // With what it builds on (base: other.yaml).
  settings.emplace_back(
      "recipe", a.recipe.empty()
                    ? ""
                    : data::text_hash(rl::read_run_config(a.recipe, overrides).resolved_yaml));
  settings.emplace_back("set", set);
  settings.emplace_back("prompt", options.prompt.text_template);
  settings.emplace_back("system", options.prompt.system);
  settings.emplace_back("temperature", fmt::format("{}", options.temperature));
  settings.emplace_back("max_new_tokens", std::to_string(options.max_new_tokens));
  settings.emplace_back("seed", std::to_string(options.seed));
  return settings;
}

// Given answers have no blind twin.
using AnswersByView = std::map<st_eval::View, st_eval::Answers>;

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    core::throw_<core::DataError>("--out {}: cannot be made: {}", folder.string(), error.message());
  }
}

// Returns the signal that stopped the judge, or 0.
int write_results(const Arguments& a, const std::vector<st_eval::Question>& questions,
                  const AnswersByView& answers, const reward::Judge* judge,
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

int evaluate_model(const Arguments& a, distributed::Communicator& communicator) {
  const bool is_root = communicator.rank() == 0;
  std::vector<st_eval::Question> questions;
  std::unique_ptr<st_eval::AnsweringModel> model;
  std::unique_ptr<st_eval::AnswersFile> file;
  std::unique_ptr<reward::Judge> judge;  // made first: a wrong option should not cost the answers
  st_eval::Settings settings;
  rl::run_on_all_ranks(communicator, [&] {
    questions = st_eval::read_questions(a.questions);
    const st_eval::ModelOptions options = model_options(a);
    if (is_root) {
      judge = st_eval::make_judge(a.judge, a.recipe, a.overrides);
      settings = settings_of(a, options);
      file = std::make_unique<st_eval::AnswersFile>(a.out, settings);
    }
    model = std::make_unique<st_eval::AnsweringModel>(options);
  });
  AnswersByView answers;
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

int evaluate(const Arguments& a) {
  const auto communicator = distributed::make_mpi_communicator({a.deadline_seconds});
  try {
    rl::run_on_all_ranks(*communicator, [&] { check(a); });
    if (!a.model.empty()) return evaluate_model(a, *communicator);
    int signal = 0;
    rl::run_on_all_ranks(*communicator, [&] {
      if (communicator->rank() != 0) return;
      const std::vector<st_eval::Question> questions = st_eval::read_questions(a.questions);
      static_cast<void>(st_eval::read_model_options(a.recipe, a.overrides));  // refuses wrong keys
      const auto judge = st_eval::make_judge(a.judge, a.recipe, a.overrides);
      signal = write_results(
          a, questions, {{st_eval::View::kSeen, st_eval::read_given_answers(a.answers, questions)}},
          judge.get(), {});
    });
    return signal == 0 ? 0 : 128 + signal;
  } catch (const rl::AgreedError& error) {  // the same on every rank: all leave in order
    if (communicator->rank() == 0) core::log_error("{}", error.what());
    return static_cast<int>(error.exit_code());
  }
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
  if (const int code = parse(app, argc, argv); code >= 0) return code;
  if (distributed::MpiSession::world_rank() != 0) return 0;
  try {
    const std::string text =
        st_eval::comparison_markdown(first.string(), second.string(), st_eval::read_verdicts(first),
                                     st_eval::read_verdicts(second), options);
    if (!out.empty()) core::write_file_atomically(out, text);
    fmt::print("{}", text);
    return 0;
  } catch (const core::Error& error) {
    core::log_error("{}", error.what());
    return static_cast<int>(error.exit_code());
  }
}

}  // namespace

int main(int argc, char** argv) {
  distributed::MpiSession session(&argc, &argv);
  core::init_logging({.rank = distributed::MpiSession::world_rank(),
                      .world_size = distributed::MpiSession::world_size(),
                      .file = {}});
  core::install_interrupt_handlers();
  core::keep_freed_memory();
  at::set_num_threads(1);
  try {
    if (argc > 1 && std::string_view(argv[1]) == "compare") return compare(argc - 1, argv + 1);
    CLI::App app("Scores a model on the Ego-ST tasks: eight columns, averages, intervals.",
                 "st_eval");
    Arguments arguments;
    add_options(app, arguments);
    app.footer(kFooter);
    if (const int code = parse(app, argc, argv); code >= 0) return code;
    return evaluate(arguments);
  } catch (const core::Error& error) {
    core::log_error("{}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(error.exit_code()));
  } catch (const std::exception& error) {
    core::log_error("internal error: {}", error.what());
    distributed::MpiSession::abort_all(static_cast<int>(core::ExitCode::kInternal));
  }
}
