#include <fmt/format.h>

#include <memory>

#include "data/egost_census.h"
#include "tools/egost/commands.h"

namespace retrace::egost {
namespace {

using data::Task;
using data::TravelDirection;

struct CensusArguments {
  std::vector<std::filesystem::path> files;
  bool skip_broken = false;
};

constexpr TravelDirection kWays[] = {TravelDirection::kForward, TravelDirection::kReverse};
constexpr Task kTasks[] = {Task::kRoute, Task::kDirection, Task::kLandmark, Task::kAction};

int64_t count_of(const data::Census& census, Task task, TravelDirection way) {
  const auto found = census.by_kind.find({task, way});
  return found == census.by_kind.end() ? 0 : found->second;
}

int64_t num_without_kind(const data::Census& census) {
  int64_t count = census.num_records;
  for (const Task task : kTasks) {
    for (const TravelDirection way : kWays) count -= count_of(census, task, way);
  }
  return count;
}

// Tasks as forward/reverse.
void print_row(const std::string& name, const data::Census& census) {
  fmt::print("{:<28} {:>9}", name, census.num_records);
  for (const Task task : kTasks) {
    fmt::print(" {:>9}", fmt::format("{}/{}", count_of(census, task, kWays[0]),
                                     count_of(census, task, kWays[1])));
  }
  fmt::print(" {:>5} {:>6} {:>9} {:>8.3f} {:>6.3f}\n", num_without_kind(census), census.num_videos,
             fmt::format("{}/{}", census.num_complete_pairs, census.num_pair_keys),
             census.majority_accuracy, census.chance_accuracy);
}

void print_options(const data::Census& census) {
  fmt::print("  right answers:");
  size_t num_long = 0;  // open questions' answers are texts
  for (const auto& [answer, count] : census.by_answer) {
    if (answer.size() == 1) fmt::print(" {} {}", answer, count);
    num_long += answer.size() == 1 ? 0 : 1;
  }
  fmt::print("{}\n  options a question:", num_long > 0 ? ", others are no letters" : "");
  for (const auto& [number, count] : census.by_num_options) fmt::print(" {}: {}", number, count);
  fmt::print("\n  sources (questions/videos):");
  for (const auto& [source, count] : census.by_source) {
    fmt::print(" {} {}/{}", source.empty() ? "unknown" : source, count.num_records,
               count.num_videos);
  }
  fmt::print("\n");
}

void print_defects(const data::EgoStDefects& defects) {
  fmt::print("  action questions with the words of landmark questions: {}\n",
             defects.stem_of_other_task);
  fmt::print("  thoughts that call directions landmarks: {}\n", defects.thought_of_other_task);
  fmt::print("  first sentence twice: {}\n", defects.repeated_prefix);
  fmt::print("  questions with a comma inside an option: {}, with fewer than two options: {}\n",
             defects.comma_in_option, defects.fewer_than_two_options);
  fmt::print("  options that end in a period: {}, of them right: {}\n", defects.period_options,
             defects.period_answers);
  fmt::print("  three options and A is right: {}, two and B is right: {}\n",
             defects.three_options_A, defects.two_options_B);
}

void print_inverses(const std::vector<data::Sample>& samples) {
  for (const Task task : {Task::kDirection, Task::kLandmark, Task::kAction}) {
    const data::InverseCounts counts = data::count_inverses(samples, task);
    if (counts.num_pairs == 0) continue;
    fmt::print(
        "  {} annotations: {} pairs, {} identical, {} the forward list backwards; {} with "
        "turns, {} of them inverted\n",
        data::to_string(task), counts.num_pairs, counts.identical, counts.exact_reversal,
        counts.with_turns, counts.turns_inverted);
  }
}

void print_header() {
  fmt::print("{:<28} {:>9} {:>9} {:>9} {:>9} {:>9} {:>5} {:>6} {:>9} {:>8} {:>6}\n", "file",
             "questions", "route", "direction", "landmark", "action", "other", "videos", "pairs",
             "majority", "chance");
}

void census(const CensusArguments& arguments) {
  std::vector<std::vector<data::Sample>> questions;
  for (const std::filesystem::path& file : arguments.files)
    questions.push_back(read_questions(file, arguments.skip_broken));
  print_header();
  for (size_t i = 0; i < questions.size(); ++i)
    print_row(arguments.files[i].filename().string(), data::take_census(questions[i]));
  for (size_t i = 0; i < questions.size(); ++i) {
    fmt::print("\n{}\n", arguments.files[i].string());
    print_options(data::take_census(questions[i]));
    print_defects(data::find_defects(questions[i]));
    print_inverses(questions[i]);
  }
}

}  // namespace

std::function<void()> add_census(CLI::App& app) {
  const auto arguments = std::make_shared<CensusArguments>();
  app.add_option("files", arguments->files, "question files (.jsonl, or .json of the benchmark)")
      ->required();
  app.add_flag("--skip-broken", arguments->skip_broken, "leave broken records out, with a warning");
  app.footer(
      "\nTasks and directions are told from demonstrations, not from the words of questions, and "
      "stand as forward/reverse.\nPairs: routes asked about in both directions, of all. Majority: "
      "accuracy of always giving the letter that is most often right.");
  return [arguments] { census(*arguments); };
}

}  // namespace retrace::egost
