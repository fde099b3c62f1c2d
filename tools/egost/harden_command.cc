#include "data/hardening.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/files.h"
#include "data/benchmark_file.h"
#include "data/egost_repair.h"
#include "tools/command_line.h"
#include "tools/egost/commands.h"
#include "tools/egost/question_lines.h"

namespace retrace::egost {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct HardenArguments {
  fs::path file, out;
  data::HardeningOptions options;
  bool skip_broken = false;
};

constexpr const char* kFooter = R"(
Options lose what tells who wrote them (capitals at the start, closing periods), doubles are removed,
and the order is random. --distractors:
  keep      the question's own, as many as there are
  fill      and right answers of other questions, up to --options
  replace   right answers of other questions only: written by the same people as the answer. They
            come in blocks; divide the file first (egost split), then harden every part
Answers and the letters of demonstrations follow. Questions about actions that ask for landmarks, and
first sentences that stand there twice, are mended, and "A, B, C or D" becomes the letters there are.
The other words of demonstrations stay: recipes have `sft.thought: reverse` for that. Refused, with
its line: a demonstration whose thought names options by letter, other than "the answer is B" for the
right one, since letters change. Fields that no question has are kept as they are.
Relative paths of videos start at the folder of the file that names them: where --out needs it, the
program says which `data.video_root` finds them.)";

// The file's own record with what changed in it.
std::string hardened_line(std::string_view line, const data::Sample& sample) {
  Json record = Json::parse(line);
  record["problem"] = sample.problem;
  record["solution"] = sample.solution;
  record["original_question"] = sample.problem;
  record["original_answer"] = sample.answer;
  if (sample.task != data::Task::kUnknown) record["task"] = data::to_string(sample.task);
  if (sample.direction != data::TravelDirection::kUnknown)
    record["direction"] = data::to_string(sample.direction);
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print_counts(const data::HardeningCounts& counts) {
  fmt::print("  questions with options {}, open ones left as they were {}\n", counts.num_questions,
             counts.num_open_questions);
  fmt::print("  options written differently {}, doubles removed {}, others removed {}\n",
             counts.num_normalised, counts.num_doubles, counts.num_removed);
  fmt::print("  options added {}, of them from another source {}\n", counts.num_added,
             counts.num_added_elsewhere);
  fmt::print("  questions whose letter changed {}, in complete blocks {}\n",
             counts.num_moved_answers, counts.num_block_questions);
}

void check_files(const HardenArguments& arguments) {
  if (data::is_benchmark_file(arguments.file)) {
    core::throw_<core::DataError>("{}: expected a .jsonl file", arguments.file.string());
  }
  if (data::is_benchmark_file(arguments.out)) {
    core::throw_<core::ConfigError>(
        "--out {}: expected a name that ends in .jsonl; as .json it would be read as a file of "
        "Ego-ST Bench",
        arguments.out.string());
  }
  std::error_code no_such_file;
  if (fs::equivalent(arguments.file, arguments.out, no_such_file)) {
    core::throw_<core::ConfigError>("--out {}: is the file that is read; name another one",
                                    arguments.out.string());
  }
}

void harden(const HardenArguments& arguments) {
  check_files(arguments);
  const fs::path& file = arguments.file;
  std::vector<data::Sample> samples = read_questions(file, arguments.skip_broken);
  int64_t num_repaired = 0;
  for (data::Sample& sample : samples) num_repaired += data::repair_question(sample) ? 1 : 0;
  const std::string content = core::read_text_file(file);
  const std::vector<std::string_view> lines = lines_of(content);
  const data::HardenedQuestions hardened =
      with_file_name(file, [&] { return data::harden(samples, arguments.options); });
  std::string text;
  for (const data::Sample& sample : hardened.samples)
    text += hardened_line(lines.at(static_cast<size_t>(sample.index)), sample) + "\n";
  core::write_file_atomically(arguments.out, text);
  fmt::print("{}: {} questions\n", arguments.out.string(), hardened.samples.size());
  fmt::print("  questions with other words before the options {}\n", num_repaired);
  print_counts(hardened.counts);
  fmt::print("{}", video_root_note(lines, file, arguments.out.parent_path()));
}

}  // namespace

std::function<void()> add_harden(CLI::App& app) {
  const auto arguments = std::make_shared<HardenArguments>();
  app.add_option("file", arguments->file, "question file (.jsonl)")->required();
  app.add_option("--out", arguments->out, "file to write (.jsonl)")->required();
  tools::add_choice(app, "--distractors", arguments->options.distractors, "wrong options, below",
                    {{"keep", data::Distractors::kKeep},
                     {"fill", data::Distractors::kFill},
                     {"replace", data::Distractors::kReplace}});
  app.add_option("--options", arguments->options.num_options, "options a question")
      ->check(CLI::Range(2, 26))
      ->capture_default_str();
  app.add_option("--seed", arguments->options.seed, "of orders and of what is added")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--skip-broken", arguments->skip_broken, "leave broken records out, with a warning");
  app.footer(kFooter);
  return [arguments] { harden(*arguments); };
}

}  // namespace retrace::egost
