#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string_view>

#include "core/error.h"
#include "core/files.h"
#include "data/benchmark_file.h"
#include "data/pair_index.h"
#include "data/question_split.h"
#include "tools/egost/commands.h"
#include "tools/egost/question_lines.h"

namespace retrace::egost {
namespace {

namespace fs = std::filesystem;
using data::Sample;

struct SplitArguments {
  fs::path file, out;
  data::NestedSplitOptions nested;
  std::vector<std::string> sources = {"sun3d", "outdoor"};  // or "none" alone
  bool skip_broken = false;
};

constexpr const char* kFooter = R"(
Writes into the folder --out, lines as they were in FILE:
  train_N.jsonl     about N questions, whole videos; each file holds the smaller ones
  rest_N.jsonl      all others: a test that shares no video with train_N.jsonl
  test.jsonl        with --test-share: questions that no train_N.jsonl and no rest_N.jsonl has
  other_than_SOURCE.jsonl, only_SOURCE.jsonl   one source held out (out of domain)
Default --sizes: 63,126,252,378,504,630 as far as they are less than what there is to train on, then
all of it.
Relative paths of videos start at the folder of the file that names them: where the new files need
it, the program says which `data.video_root` finds them.)";

class SplitWriter {
 public:
  SplitWriter(const SplitArguments& arguments, const std::vector<Sample>& samples)
      : out_(arguments.out),
        content_(core::read_text_file(arguments.file)),
        lines_(lines_of(content_)),
        samples_(samples) {
    std::error_code error;
    fs::create_directories(out_, error);
    if (error) {
      core::throw_<core::DataError>("{}: cannot be made: {}", out_.string(), error.message());
    }
    fmt::print("{:<28} {:>9} {:>6} {:>14}\n", "file", "questions", "videos", "complete pairs");
  }

  void write(const std::string& name, std::span<const size_t> positions) const {
    std::string text;
    std::vector<Sample> chosen;
    std::map<std::string, int> videos;
    for (const size_t position : positions) {
      const Sample& sample = samples_[position];
      text += std::string(lines_.at(static_cast<size_t>(sample.index))) + "\n";
      chosen.push_back(sample);
      ++videos[data::video_name_of(sample)];
    }
    core::write_file_atomically(out_ / name, text);
    int64_t num_complete = 0;
    for (const auto& [key, pair] : data::pair_index(chosen))
      num_complete += pair.is_complete() ? 1 : 0;
    fmt::print("{:<28} {:>9} {:>6} {:>14}\n", name, positions.size(), videos.size(), num_complete);
  }

  void print_note(const fs::path& file) const {
    fmt::print("{}", video_root_note(lines_, file, out_));
  }

 private:
  fs::path out_;
  std::string content_;
  std::vector<std::string_view> lines_;
  const std::vector<Sample>& samples_;
};

// What is in neither of two ascending lists.
std::vector<size_t> others(size_t count, std::span<const size_t> a, std::span<const size_t> b) {
  std::vector<size_t> rest;
  for (size_t i = 0; i < count; ++i) {
    if (!std::binary_search(a.begin(), a.end(), i) && !std::binary_search(b.begin(), b.end(), i))
      rest.push_back(i);
  }
  return rest;
}

std::vector<std::string> held_out(const std::vector<std::string>& sources) {
  if (std::find(sources.begin(), sources.end(), "none") == sources.end()) return sources;
  if (sources.size() > 1)
    core::throw_<core::ConfigError>("--hold-out: expected sources, or none alone; found both");
  return {};
}

void split(const SplitArguments& arguments) {
  if (data::is_benchmark_file(arguments.file)) {
    core::throw_<core::DataError>("{}: expected a .jsonl file; benchmark files are for tests alone",
                                  arguments.file.string());
  }
  const std::vector<Sample> samples = read_questions(arguments.file, arguments.skip_broken);
  const std::vector<std::string> sources = held_out(arguments.sources);
  const data::NestedSplit nested =
      with_file_name(arguments.file, [&] { return nested_split(samples, arguments.nested); });
  std::vector<data::SourceSplit> by_source;
  for (const std::string& source : sources) by_source.push_back(split_off_source(samples, source));
  const SplitWriter writer(arguments, samples);
  for (size_t i = 0; i < nested.train.size(); ++i) {
    const int64_t size = nested.sizes[i];
    writer.write(fmt::format("train_{}.jsonl", size), nested.train[i]);
    const std::vector<size_t> rest = others(samples.size(), nested.train[i], nested.test);
    if (!rest.empty()) writer.write(fmt::format("rest_{}.jsonl", size), rest);
  }
  if (!nested.test.empty()) writer.write("test.jsonl", nested.test);
  for (size_t i = 0; i < by_source.size(); ++i) {
    writer.write(fmt::format("other_than_{}.jsonl", sources[i]), by_source[i].train);
    writer.write(fmt::format("only_{}.jsonl", sources[i]), by_source[i].test);
  }
  writer.print_note(arguments.file);
}

}  // namespace

std::function<void()> add_split(CLI::App& app) {
  const auto arguments = std::make_shared<SplitArguments>();
  app.add_option("file", arguments->file, "question file (.jsonl)")->required();
  app.add_option("--out", arguments->out, "folder for the files")->required();
  app.add_option("--sizes", arguments->nested.sizes, "questions to train on, ascending")
      ->delimiter(',');
  app.add_option("--test-share", arguments->nested.test_share, "of the videos, held out from all")
      ->capture_default_str();
  app.add_option("--hold-out", arguments->sources,
                 "sources held out, each in a split of its own; or none")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--seed", arguments->nested.seed, "of the order of videos")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_flag("--skip-broken", arguments->skip_broken, "leave broken records out, with a warning");
  app.footer(kFooter);
  return [arguments] { split(*arguments); };
}

}  // namespace retrace::egost
