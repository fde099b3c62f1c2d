// The program egost as a user runs it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "core/files.h"
#include "data/jsonl_dataset.h"
#include "data/pair_index.h"

namespace retrace::data {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

struct ProgramResult {
  int exit_code;
  std::string output;  // stdout and stderr
};

class EgostProgram : public ::testing::Test {
 protected:
  EgostProgram()
      : folder_(fs::temp_directory_path() / fmt::format("egost_program_test.{}", getpid())) {
    fs::create_directories(folder_);
    core::write_file_atomically(folder_ / "qa.jsonl", questions());
  }
  ~EgostProgram() override { fs::remove_all(folder_); }

  // 24 videos of two sources, a landmark question in each direction; the way back has the same
  // options and another right one.
  static std::string questions() {
    std::string text;
    for (int video = 0; video < 24; ++video) {
      for (const char* direction : {"forward", "reverse"}) {
        const bool is_forward = std::string(direction) == "forward";
        text += fmt::format(
            R"({{"problem":"Which landmarks?\nOptions: A. Oak{0}., B. elm{0}, C. Fir{0}.)"
            R"(\n\nInstructions: Choose.","solution":"<think>So the answer is {2}</think> )"
            R"(<answer>{2}</answer>","video":"{1}","original_question":"","original_answer":"{2}",)"
            R"("task":"landmark","direction":"{3}","source":"{4}","clip":{0}}})"
            "\n",
            video, video < 16 ? fmt::format("{}.mp4", video) : fmt::format("sun3d_{}.mp4", video),
            is_forward ? "A" : "B", direction, video < 16 ? "outdoor" : "sun3d");
      }
    }
    return text;
  }

  ProgramResult run(const std::string& arguments) const {
    const fs::path log = folder_ / "log";
    const int status =
        std::system(fmt::format("cd {} && {}/bin/egost {} > {} 2>&1", folder_.string(),
                                RETRACE_BINARY_DIR, arguments, log.string())
                        .c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, core::read_text_file(log)};
  }

  std::vector<Sample> read(const std::string& name) const {
    DatasetOptions options;
    options.file = folder_ / name;
    options.check_files = false;
    return read_dataset(options);
  }

  fs::path folder_;
};

TEST_F(EgostProgram, CountsWhatAFileHolds) {
  const ProgramResult result = run("census qa.jsonl");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("24/24"));  // questions there and back, and pairs
  EXPECT_THAT(result.output, HasSubstr("right answers: A 24 B 24"));
  EXPECT_THAT(result.output, HasSubstr("outdoor 32/16 sun3d 16/8"));
  EXPECT_THAT(result.output, HasSubstr("end in a period: 96, of them right: 24"));
}

TEST_F(EgostProgram, DividesAFileLineByLine) {
  const ProgramResult result = run("split qa.jsonl --out parts --sizes 12,24 --test-share 0.25");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(read("parts/train_12.jsonl").size(), 12U);
  EXPECT_EQ(read("parts/train_24.jsonl").size(), 24U);
  EXPECT_EQ(read("parts/rest_24.jsonl").size(), 12U);
  EXPECT_EQ(read("parts/test.jsonl").size(), 12U);
  EXPECT_EQ(read("parts/only_sun3d.jsonl").size(), 16U);
  EXPECT_EQ(read("parts/other_than_outdoor.jsonl").size(), 16U);
  const std::string all = questions();
  const std::string part = core::read_text_file(folder_ / "parts/train_24.jsonl");
  for (size_t begin = 0; begin < part.size();) {
    const size_t end = part.find('\n', begin);
    EXPECT_NE(all.find(part.substr(begin, end - begin)), std::string::npos);
    begin = end + 1;
  }
}

TEST_F(EgostProgram, DividesWithoutSizesAndWithoutSources) {
  const ProgramResult result = run("split qa.jsonl --out parts --test-share 0.25 --hold-out none");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("data.video_root: " + fs::canonical(folder_).string()));
  EXPECT_EQ(read("parts/train_36.jsonl").size(), 36U);  // fewer than the least released size
  EXPECT_EQ(read("parts/test.jsonl").size(), 12U);
  EXPECT_FALSE(fs::exists(folder_ / "parts/only_sun3d.jsonl"));
  const ProgramResult both = run("split qa.jsonl --out x --hold-out none,sun3d");
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.output, HasSubstr("--hold-out: expected sources, or none alone"));
}

TEST_F(EgostProgram, SaysHowVideosAreFoundFromAnotherFolder) {
  const std::string root = "data.video_root: " + fs::canonical(folder_).string() + "\n";
  fs::create_directories(folder_ / "hard");
  EXPECT_THAT(run("harden qa.jsonl --out hard/qa.jsonl").output, HasSubstr(root));
  std::string text = questions();  // an absolute path is the same from everywhere
  for (size_t at = 0; (at = text.find("\"video\":\"", at)) != std::string::npos; at += 10)
    text.insert(at + 9, "/videos/");
  core::write_file_atomically(folder_ / "absolute.jsonl", text);
  const ProgramResult absolute = run("harden absolute.jsonl --out hard/qa.jsonl");
  EXPECT_EQ(absolute.exit_code, 0) << absolute.output;
  EXPECT_THAT(absolute.output, Not(HasSubstr("video_root")));
}

TEST_F(EgostProgram, NamesTheFileOfAQuestionThatCannotBeHardened) {
  core::write_file_atomically(
      folder_ / "named.jsonl",
      questions() +
          R"({"problem":"Which?\nOptions: A. oak, B. elm\n\nInstructions: Choose.",)"
          R"("solution":"<think>A: yes. B: no.</think> <answer>A</answer>","video":"1.mp4",)"
          R"("original_question":"","original_answer":"A"})"
          "\n");
  const ProgramResult result = run("harden named.jsonl --out x.jsonl --distractors keep");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.output, HasSubstr("error: named.jsonl: question at line 49"));
}

TEST_F(EgostProgram, CountsNothingWhereAFileCannotBeRead) {
  const ProgramResult result = run("census qa.jsonl missing.jsonl");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.output, HasSubstr("missing.jsonl"));
  EXPECT_THAT(result.output, Not(HasSubstr("majority")));
}

TEST_F(EgostProgram, HardensAFileAndKeepsItsOtherFields) {
  const ProgramResult result = run("harden qa.jsonl --out hard.jsonl --distractors replace");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, Not(HasSubstr("video_root"))) << "the folder is the same";
  const std::vector<Sample> before = read("qa.jsonl"), after = read("hard.jsonl");
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].options.size(), 4U);
    EXPECT_EQ(after[i].task, Task::kLandmark);
    EXPECT_EQ(after[i].direction, before[i].direction);
    EXPECT_THAT(after[i].solution, HasSubstr("<answer>" + after[i].answer + "</answer>"));
    EXPECT_THAT(after[i].solution, HasSubstr("answer is " + after[i].answer + "<"));
    EXPECT_EQ(right_option(after[i]), (i % 2 == 0 ? "oak" : "elm") + std::to_string(i / 2));
  }
  EXPECT_THAT(core::read_text_file(folder_ / "hard.jsonl"), HasSubstr("\"clip\":23"));
}

TEST_F(EgostProgram, ReportsShortcuts) {
  const ProgramResult result = run("shortcuts qa.jsonl --folds 4");
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr("as in the file"));
  EXPECT_THAT(result.output, HasSubstr("harden --distractors replace"));
  EXPECT_THAT(result.output, HasSubstr("landmark forward"));
}

TEST_F(EgostProgram, HelpShowsExamplesAndExitCodes) {
  const ProgramResult result = run("--help");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, HasSubstr("Examples:"));
  EXPECT_THAT(result.output, HasSubstr("Exit codes:"));
}

TEST_F(EgostProgram, BadUsageExitsWithTwoAndBadDataWithThree) {
  EXPECT_EQ(run("").exit_code, 2);
  const auto expect_refused = [&](const std::string& arguments, int code, const char* part) {
    const ProgramResult result = run(arguments);
    EXPECT_EQ(result.exit_code, code) << arguments;
    EXPECT_THAT(result.output, HasSubstr(part));
  };
  expect_refused("harden qa.jsonl --out x.json", 2, "expected a name that ends in .jsonl");
  expect_refused("harden qa.jsonl --out x --distractors some", 2,
                 "--distractors: expected one of keep, fill, replace; found 'some'");
  expect_refused("split qa.jsonl --out x --sizes 24,12", 2, "--sizes: must ascend");
  expect_refused("split qa.jsonl --out x --hold-out mars", 3, "--hold-out: expected questions of");
  EXPECT_EQ(run("census missing.jsonl").exit_code, 3);
  core::write_file_atomically(folder_ / "bad.jsonl", questions() + "{\"problem\": 3}\n");
  const ProgramResult stopped = run("census bad.jsonl");
  EXPECT_EQ(stopped.exit_code, 3);
  EXPECT_THAT(stopped.output, HasSubstr("bad.jsonl:49"));
  const ProgramResult skipped = run("census bad.jsonl --skip-broken");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.output;
  EXPECT_THAT(skipped.output, HasSubstr("1 records left out, 48 kept"));
}

}  // namespace
}  // namespace retrace::data
