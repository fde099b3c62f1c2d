#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/progress.h"
#include "data/giveaway.h"
#include "data/hardening.h"
#include "data/text_reader.h"
#include "tools/egost/commands.h"

namespace retrace::egost {
namespace {

struct ShortcutsArguments {
  std::filesystem::path file;
  data::TextReaderOptions reader;
  bool skip_broken = false;
};

constexpr const char* kFooter = R"(
A reader that is trained on the options' surface (18 features: place, length, final period, capitals,
words in common, frequency of words) and never sees a video, cross-validated over whole videos. What
it scores above chance comes from how options were written. Shown for the file as it is and as
`egost harden` would write it. Then: how often the thought's annotation of the other direction
resembles the right option more than the others.)";

data::TextReaderReport read_text(const std::vector<data::Sample>& samples,
                                 const data::TextReaderOptions& options) {
  return data::read_without_video(data::text_questions(samples), options);
}

void print_row(const std::string& name, const data::TextReaderReport& report) {
  fmt::print("{:<34} {:>9} {:>8.1f} {:>6.1f} {:>8.1f} {:>9.1f} {:>14.1f}\n", name,
             report.num_questions, 100 * report.accuracy, 100 * report.standard_error,
             100 * report.chance, 100 * report.majority_accuracy,
             100 * report.random_label_accuracy);
}

struct HardenedReport {
  std::string name;
  std::optional<data::TextReaderReport> report;
  std::string reason;  // why there is none
};

// A small file may not have enough other answers to add.
HardenedReport read_hardened(const std::string& name, const std::vector<data::Sample>& samples,
                             const data::HardeningOptions& options,
                             const data::TextReaderOptions& reader) {
  HardenedReport result = {name, std::nullopt, ""};
  try {
    result.report = read_text(data::harden(samples, options).samples, reader);
  } catch (const core::DataError& error) {
    result.reason = error.what();
  }
  return result;
}

constexpr std::pair<const char*, data::Distractors> kVariants[] = {
    {"harden --distractors keep", data::Distractors::kKeep},
    {"harden --distractors fill", data::Distractors::kFill},
    {"harden --distractors replace", data::Distractors::kReplace}};

void print_giveaway(const std::vector<data::Sample>& samples) {
  const data::GiveawayByKind kinds = data::giveaway(samples);
  if (kinds.empty()) return;
  fmt::print("\n{:<20} {:>9} {:>20} {:>20}\n", "thought gives away", "questions",
             "most words in common", "the same word by word");
  for (const auto& [kind, counts] : kinds) {
    const double share =
        100.0 * static_cast<double>(counts.num_nearest) / static_cast<double>(counts.num_questions);
    fmt::print("{:<20} {:>9} {:>18.1f} % {:>20}\n",
               fmt::format("{} {}", data::to_string(kind.first), data::to_string(kind.second)),
               counts.num_questions, share, counts.num_equal);
  }
}

void shortcuts(const ShortcutsArguments& arguments) {
  const std::vector<data::Sample> samples = read_questions(arguments.file, arguments.skip_broken);
  core::ProgressLine progress("text-only reader", 1 + std::ssize(kVariants), "variants");
  const data::TextReaderReport report =
      with_file_name(arguments.file, [&] { return read_text(samples, arguments.reader); });
  progress.update(1);
  std::vector<HardenedReport> hardened;
  for (const auto& [name, distractors] : kVariants) {
    hardened.push_back(read_hardened(name, samples,
                                     {.distractors = distractors, .seed = arguments.reader.seed},
                                     arguments.reader));
    progress.update(1 + std::ssize(hardened));
  }
  progress.finish();
  fmt::print("{:<34} {:>9} {:>8} {:>6} {:>8} {:>9} {:>14}\n", "accuracy without video, %",
             "questions", "reader", "+-", "chance", "majority", "random labels");
  print_row("as in the file", report);
  for (const HardenedReport& variant : hardened) {
    if (variant.report) print_row(variant.name, *variant.report);
    if (!variant.report) fmt::print("{:<34} cannot be made: {}\n", variant.name, variant.reason);
  }
  fmt::print("\nweights of the reader of the file as it is:\n");
  for (const auto& [name, weight] : report.weights) fmt::print("  {:<28} {:>6.2f}\n", name, weight);
  print_giveaway(samples);
}

}  // namespace

std::function<void()> add_shortcuts(CLI::App& app) {
  const auto arguments = std::make_shared<ShortcutsArguments>();
  app.add_option("file", arguments->file, "question file (.jsonl, or .json of the benchmark)")
      ->required();
  app.add_option("--folds", arguments->reader.num_folds, "of whole videos")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  app.add_option("--seed", arguments->reader.seed, "of folds, orders and random labels")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--skip-broken", arguments->skip_broken, "leave broken records out, with a warning");
  app.footer(kFooter);
  return [arguments] { shortcuts(*arguments); };
}

}  // namespace retrace::egost
