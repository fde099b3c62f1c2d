#include "tools/egoworld/generate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "data/jsonl_dataset.h"
#include "data/video_reader.h"
#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/ordered_lines.h"
#include "tools/egoworld/thought.h"

namespace retrace::egoworld {
namespace {

namespace fs = std::filesystem;

GenerateOptions options_for(const fs::path& out) {
  GenerateOptions options;
  options.out = out;
  options.num_clips = 5;
  options.world.seed = 41;
  options.corpus.thought_weights = parse_thought_weights("recall:0.7,check:0.3", "--thoughts");
  options.corpus.check_weights = parse_check_weights("plain", "--checks");
  return options;
}

Outcome run(const GenerateOptions& options) {
  return generate(options, [](int64_t) {});
}

std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).string()] = core::read_text_file(entry.path());
  }
  return files;
}

at::Tensor decoded(const fs::path& video) {
  data::VideoReader reader(video);
  std::vector<int64_t> frames(reader.info().num_frames);
  std::iota(frames.begin(), frames.end(), 0);
  return reader.read(frames).frames.to(at::kFloat);
}

// Text byte for byte; videos as pictures, because the encoder's bit decisions are not ours to
// promise.
TEST(Generate, ThreadCountDoesNotMatter) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path() / "one");
  options.corpus.counts = parse_corpus_counts("headings:3,check:7", "--corpus");
  run(options);
  options.out = folder.path() / "four";
  options.num_jobs = 4;
  run(options);
  const auto one = contents(folder.path() / "one");
  const auto four = contents(folder.path() / "four");
  ASSERT_EQ(one.size(), 5U + 4U);
  ASSERT_EQ(four.size(), one.size());
  for (const auto& [name, content] : one) {
    ASSERT_TRUE(four.contains(name)) << name;
    if (!name.ends_with(".mp4")) {
      EXPECT_TRUE(four.at(name) == content) << name << " differs";
      continue;
    }
    const at::Tensor difference =
        decoded(folder.path() / "one" / name) - decoded(folder.path() / "four" / name);
    EXPECT_LT(difference.abs().mean().item<float>(), 1) << name;
  }
}

TEST(Generate, QuestionFileIsReadBackByTheDatasetReader) {
  TemporaryFolder folder;
  run(options_for(folder.path() / "w"));
  data::DatasetOptions dataset;
  dataset.file = folder.path() / "w" / "qa.jsonl";
  const std::vector<data::Sample> samples = data::read_dataset(dataset);
  ASSERT_EQ(samples.size(), 20U);
  for (size_t i = 0; i < samples.size(); ++i) {
    const data::Sample& sample = samples[i];
    EXPECT_EQ(sample.task, i % 4 < 2 ? data::Task::kDirection : data::Task::kLandmark);
    EXPECT_EQ(sample.direction,
              i % 2 == 0 ? data::TravelDirection::kForward : data::TravelDirection::kReverse);
    EXPECT_TRUE(sample.solution.ends_with("<answer>" + sample.answer + "</answer>"));
    ASSERT_EQ(sample.videos.size(), 1U);
    EXPECT_TRUE(fs::exists(sample.videos.front()));
  }
}

TEST(Generate, VideosShowWhatWasRendered) {
  TemporaryFolder folder;
  const GenerateOptions options = options_for(folder.path() / "w");
  run(options);
  data::VideoReader reader(options.out / "videos" / "000002.mp4");
  EXPECT_EQ(reader.info().num_frames, 48);
  EXPECT_DOUBLE_EQ(reader.info().fps, 8);
  EXPECT_EQ(reader.info().width, 84);
  EXPECT_EQ(reader.info().height, 56);
  const std::vector<int64_t> frames = {0, 20, 47};
  const at::Tensor decoded = reader.read(frames).frames.to(at::kFloat);
  const at::Tensor rendered = render(options.world, make_clip(options.world, 2)).frames_FCYX;
  const at::Tensor expected = rendered.index_select(0, at::tensor(frames)).to(at::kFloat);
  EXPECT_LT((decoded - expected).abs().mean().item<float>(), 6);
}

TEST(Generate, GroundTruthHasALinePerClipWithPosesAndBoxes) {
  TemporaryFolder folder;
  const GenerateOptions options = options_for(folder.path() / "w");
  run(options);
  const std::vector<std::string> lines = lines_of(options.out / "ground_truth.jsonl");
  ASSERT_EQ(lines.size(), 5U);
  for (size_t clip = 0; clip < lines.size(); ++clip) {
    const auto truth = nlohmann::json::parse(lines[clip]);
    EXPECT_EQ(truth["clip"], clip);
    EXPECT_EQ(truth["poses"].size(), 48U);
    EXPECT_EQ(truth["poses"][0].size(), truth["pose_columns"].size());
    EXPECT_GT(truth["boxes"].size(), 48U / 2);
    EXPECT_EQ(truth["boxes"][0].size(), truth["box_columns"].size());
    EXPECT_EQ(truth["landmarks"].size(), 3U);
    EXPECT_EQ(truth["route"]["edges"].size(), 4U);
  }
}

TEST(Generate, LeavesAFolderAloneThatHoldsExactlyThis) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path());
  EXPECT_EQ(run(options), Outcome::kWritten);
  const auto written = fs::last_write_time(options.out / "qa.jsonl");
  options.num_jobs = 2;
  EXPECT_EQ(run(options), Outcome::kAlreadyThere);
  EXPECT_EQ(fs::last_write_time(options.out / "qa.jsonl"), written);
}

TEST(Generate, RefusesAFolderThatHoldsSomethingElse) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path());
  run(options);
  options.world.seed = 42;
  expect_error<core::DataError>([&] { run(options); },
                                "its manifest.json names other options; choose another --out");
  options.world.seed = 41;
  fs::remove(options.out / "videos" / "000003.mp4");
  expect_error<core::DataError>([&] { run(options); }, "videos/000003.mp4 is missing");
  fs::remove(options.out / "manifest.json");
  expect_error<core::DataError>([&] { run(options); }, "it has no manifest.json");
}

TEST(Generate, OverwriteReplacesItsOwnFilesAndNoOthers) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path());
  options.corpus.counts = parse_corpus_counts("check:3", "--corpus");
  run(options);
  std::ofstream(folder.path() / "notes.txt") << "mine";
  std::ofstream(folder.path() / "videos" / "holiday.mp4") << "mine";
  options.num_clips = 2;
  options.corpus.counts = {};
  options.overwrite = true;
  EXPECT_EQ(run(options), Outcome::kWritten);
  std::vector<std::string> names;
  for (const auto& [name, content] : contents(folder.path())) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"ground_truth.jsonl", "manifest.json", "notes.txt",
                                             "qa.jsonl", "videos/000000.mp4", "videos/000001.mp4",
                                             "videos/holiday.mp4"}));
}

TEST(Generate, AFileInTheWayIsADataError) {
  TemporaryFolder folder;
  std::ofstream(folder.path() / "taken") << "x";
  expect_error<core::DataError>([&] { run(options_for(folder.path() / "taken")); },
                                "is a file, not a folder");
  expect_error<core::DataError>([&] { run(options_for(folder.path() / "taken" / "w")); },
                                "cannot be prepared");
}

TEST(Generate, AnErrorInAWorkerReachesTheCallerAndLeavesNoManifest) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path());
  options.num_jobs = 3;
  fs::create_directories(folder.path() / "videos" / "000001.mp4" / "in_the_way");
  options.overwrite = true;
  expect_error<core::DataError>([&] { run(options); }, "");
  EXPECT_FALSE(fs::exists(folder.path() / "manifest.json"));
  EXPECT_FALSE(fs::exists(folder.path() / "qa.jsonl"));
}

TEST(Generate, OptionsOutsideTheirLimitsAreRefused) {
  const auto refused = [](auto change, const std::string& part) {
    GenerateOptions options = options_for("/nonexistent");
    change(options);
    expect_error<core::ConfigError>([&] { run(options); }, part);
  };
  refused([](GenerateOptions& o) { o.out.clear(); }, "out: must name a folder");
  refused([](GenerateOptions& o) { o.num_clips = 0; }, "clips: must be 1 to 1000000, is 0");
  refused([](GenerateOptions& o) { o.num_jobs = 0; }, "jobs: must be 1 to 256, is 0");
  refused([](GenerateOptions& o) { o.world.render.width = 3; }, "width");
  refused([](GenerateOptions& o) { o.corpus.counts = {6}; },
          "6 records of kind 'headings' asked for, 5 clips");
}

// Everything at once, whatever the number of threads; read back by the dataset reader.
TEST(Generate, AllTasksInBothThemesWithBenchmarkFiles) {
  TemporaryFolder folder;
  GenerateOptions options = options_for(folder.path() / "one");
  options.num_clips = 4;
  options.world.theme = ThemeChoice::kMixed;
  options.world.tasks = parse_tasks("direction,landmark,action,route", "--tasks");
  options.benchmark_layout = true;
  options.corpus.counts = parse_corpus_counts("hands:4,actions:4,route_tell:3", "--corpus");
  EXPECT_EQ(run(options), Outcome::kWritten);
  EXPECT_EQ(run(options), Outcome::kAlreadyThere);
  options.out = folder.path() / "three";
  options.num_jobs = 3;
  run(options);
  const auto one = contents(folder.path() / "one");
  const auto three = contents(folder.path() / "three");
  EXPECT_EQ(one.size(), 4U + 32U + 4U);
  for (const auto& [name, content] : one) {
    if (name.ends_with(".mp4")) continue;
    EXPECT_TRUE(three.at(name) == content) << name << " differs";
  }
  data::DatasetOptions dataset;
  dataset.file = folder.path() / "one" / "qa.jsonl";
  const std::vector<data::Sample> samples = data::read_dataset(dataset);
  ASSERT_EQ(samples.size(), 32U);
  EXPECT_EQ(samples[5].task, data::Task::kAction);
  EXPECT_EQ(samples[6].task, data::Task::kRoute);
  EXPECT_TRUE(samples[6].solution.ends_with("<answer>" + samples[6].answer + "</answer>"));
  for (size_t i = 0; i < samples.size(); ++i)
    EXPECT_EQ(samples[i].source, i < 16 ? "outdoor" : "indoor") << i;

  fs::remove(options.out / "Part2_reverse_qa.json");
  expect_error<core::DataError>([&] { run(options); }, "Part2_reverse_qa.json is missing");
  options.benchmark_layout = false;
  options.overwrite = true;
  run(options);
  for (const auto& [name, content] : contents(options.out)) EXPECT_FALSE(name.starts_with("Part"));
}

TEST(OrderedLines, PartsAreWrittenInOrderWhateverOrderTheyCome) {
  TemporaryFolder folder;
  OrderedLines lines(folder.path() / "x.txt");
  lines.add(2, "c\n");
  lines.add(0, "a\n");
  lines.add(1, "b1\nb2\n");
  EXPECT_FALSE(fs::exists(folder.path() / "x.txt"));
  lines.finish();
  EXPECT_EQ(core::read_text_file(folder.path() / "x.txt"), "a\nb1\nb2\nc\n");
}

TEST(OrderedLines, AMissingPartIsNoticedAndNothingIsLeftBehind) {
  TemporaryFolder folder;
  {
    OrderedLines lines(folder.path() / "x.txt");
    lines.add(1, "b\n");
    expect_error<core::InternalError>([&] { lines.finish(); }, "part 0 is missing");
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace retrace::egoworld
