// docs/recipes.md against the program: every key with its default, both ways.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "core/files.h"
#include "rl/run_config.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using Defaults = std::map<std::string, std::string>;  // "grpo.lr.peak" -> "1e-05"

// Scalars of block-style YAML by full path; lists of mappings are left out.
Defaults flatten(const std::string& yaml) {
  Defaults defaults;
  std::vector<std::string> path;
  std::istringstream lines(yaml);
  static const std::regex pattern(R"(( *)(\w+):\s*(.*))");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, pattern)) continue;
    path.resize(static_cast<size_t>(match.length(1)) / 2);
    path.push_back(match.str(2));
    if (match.length(3) == 0) continue;
    std::string full;
    for (const std::string& part : path) full += (full.empty() ? "" : ".") + part;
    defaults[full] = match.str(3);
  }
  return defaults;
}

std::string unquoted(const std::string& text) {
  const bool quoted =
      text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0];
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// The rows "| `key` | default | ..." of the page, with <stage> and <data> replaced by what they
// stand for.
Defaults read_page() {
  static const std::map<std::string, std::vector<std::string>> kStandsFor = {
      {"<stage>", {"sft", "grpo"}}, {"<data>", {"sft.data", "grpo.data", "eval.data"}}};
  static const std::regex pattern(R"(\| `((?:<\w+>|\w+)(?:\.\w+)+)` \| (?:`([^`]*)`|(\w+)) \|.*)");
  Defaults page;
  std::istringstream lines(
      core::read_text_file(fs::path(RETRACE_SOURCE_DIR) / "docs" / "recipes.md"));
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, pattern)) continue;
    const std::string key = match.str(1), value = match[2].matched ? match.str(2) : match.str(3);
    const auto symbol = kStandsFor.find(key.substr(0, key.find('.')));
    if (symbol == kStandsFor.end()) {
      page[key] = value;
      continue;
    }
    for (const std::string& name : symbol->second) page[name + key.substr(key.find('.'))] = value;
  }
  return page;
}

Defaults read_program() {
  const fs::path recipe =
      fs::temp_directory_path() / ("retrace-recipe-" + std::to_string(getpid()) + ".yaml");
  std::ofstream(recipe) << "model: {path: some_model}\n"
                           "eval: {data: {files: [questions.jsonl]}}\n";
  const RunConfig config = read_run_config(recipe, {});
  fs::remove(recipe);
  return flatten(config.resolved_yaml);
}

TEST(RecipesPage, HasEveryKeyOfTheProgram) {
  const Defaults page = read_page();
  const Defaults program = read_program();
  ASSERT_GE(program.size(), 50u);
  for (const auto& [key, value] : program) EXPECT_TRUE(page.contains(key)) << key << " = " << value;
}

TEST(RecipesPage, HasNoKeyThatTheProgramDoesNotRead) {
  const Defaults program = read_program();
  for (const auto& [key, value] : read_page()) {
    if (key == "reward.rewards") continue;  // a list of mappings, not a scalar
    EXPECT_TRUE(program.contains(key)) << key;
  }
}

TEST(RecipesPage, GivesTheDefaultsOfTheProgram) {
  const Defaults program = read_program();
  for (const auto& [key, value] : read_page()) {
    if (value == "required" || key == "eval.data.files" || !program.contains(key)) continue;
    EXPECT_EQ(unquoted(program.at(key)), value == "empty" ? "" : value) << key;
  }
}

}  // namespace
}  // namespace retrace::rl
