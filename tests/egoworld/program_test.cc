// The egoworld program as a user runs it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "tests/egoworld/test_helpers.h"

namespace retrace::egoworld {
namespace {

struct ProgramResult {
  int exit_code;
  std::string output;  // stdout and stderr
};

ProgramResult run_program(const std::string& arguments, const std::string& prefix = "") {
  TemporaryFolder folder;
  const std::filesystem::path log = folder.path() / "log";
  const std::string command = fmt::format("{} {}/bin/egoworld {} > {} 2>&1", prefix,
                                          RETRACE_BINARY_DIR, arguments, log.string());
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, core::read_text_file(log)};
}

TEST(Program, RendersAndThenSaysThatNothingIsToDo) {
  TemporaryFolder folder;
  const std::string arguments = fmt::format(
      "--out {}/w --clips 2 --seed 1 --frames 16 --corpus invert:3", folder.path().string());
  const ProgramResult first = run_program(arguments);
  EXPECT_EQ(first.exit_code, 0) << first.output;
  EXPECT_NE(first.output.find("2 clips, 8 questions"), std::string::npos) << first.output;
  EXPECT_EQ(lines_of(folder.path() / "w" / "corpus.jsonl").size(), 3U);
  const ProgramResult second = run_program(arguments);
  EXPECT_EQ(second.exit_code, 0);
  EXPECT_NE(second.output.find("already holds exactly this"), std::string::npos) << second.output;
}

TEST(Program, WritesTheFullTaxonomy) {
  TemporaryFolder folder;
  const ProgramResult result = run_program(
      fmt::format("--out {}/w --clips 4 --seed 1 --frames 16 --theme mixed --difficulty hard "
                  "--tasks direction,landmark,action,route --layout benchmark",
                  folder.path().string()));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_NE(result.output.find("4 clips, 32 questions"), std::string::npos) << result.output;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "w" / "Part4_reverse_mcq_action.json"));
  const std::string manifest = core::read_text_file(folder.path() / "w" / "manifest.json");
  EXPECT_NE(manifest.find("\"junctions\": 4"), std::string::npos) << "the level's";
}

TEST(Program, HelpShowsAnExampleAndTheExitCodes) {
  const ProgramResult result = run_program("--help");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.output.find("Example:"), std::string::npos);
  EXPECT_NE(result.output.find("Exit codes:"), std::string::npos);
}

TEST(Program, BadUsageExitsWithTwo) {
  TemporaryFolder folder;
  const std::string base = fmt::format("--out {}/w --clips 2 --seed 1 ", folder.path().string());
  const auto refused = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult result = run_program(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_NE(result.output.find(part), std::string::npos) << result.output;
  };
  refused(base + "--theme moon", "--theme: expected one of indoor, outdoor, mixed; found 'moon'");
  refused(base + "--difficulty cruel", "--difficulty: expected one of easy, medium, hard; found");
  refused(base + "--layout round", "--layout: expected one of plain, benchmark; found 'round'");
  refused(base + "--tasks action --frames 17", "do not fit");
  refused(base + "--thoughts nonsense", "unknown style 'nonsense'");
  refused(base + "--corpus headings:9", "2 clips give at most 2");
  refused(base + "--colour red", "--colour");
  refused("--out w --clips 2 --seed -1", "--seed");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Program, AFolderOfSomethingElseExitsWithThree) {
  TemporaryFolder folder;
  core::write_file_atomically(folder.path() / "notes.txt", "mine");
  const ProgramResult result =
      run_program(fmt::format("--out {} --clips 2 --seed 1", folder.path().string()));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.output.find("--overwrite"), std::string::npos) << result.output;
}

TEST(Program, AnInterruptEndsItWithTheSignalsCode) {
  TemporaryFolder folder;
  const ProgramResult result = run_program(
      fmt::format("--out {}/w --clips 100000 --seed 1 --jobs 2", folder.path().string()),
      "timeout --preserve-status -s INT 1");
  EXPECT_EQ(result.exit_code, 130) << result.output;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "w" / "manifest.json"));
}

}  // namespace
}  // namespace retrace::egoworld
