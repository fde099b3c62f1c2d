// docs/recipes.md against the program: every key with its default, both ways.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/files.h"
#include "rl/run_config.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;
using Defaults = std::map<std::string, std::string>;  // "grpo.lr.peak" -> "1e-05"

std::string trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// The text without the given character around it, if it is there.
std::string without(const std::string& text, char quote) {
  const bool quoted = text.size() >= 2 && text.front() == quote && text.back() == quote;
  return quoted ? text.substr(1, text.size() - 2) : text;
}

// Scalars of block-style YAML, two spaces a level, by full path; items of lists are left out.
Defaults flatten(const std::string& yaml) {
  Defaults defaults;
  std::vector<std::string> prefixes = {""};  // by level: "", "grpo.", "grpo.lr."
  std::istringstream lines(yaml);
  for (std::string line; std::getline(lines, line);) {
    const size_t indent = line.find_first_not_of(' '), colon = line.find(':');
    if (colon == std::string::npos || line[indent] == '-') continue;
    prefixes.resize(indent / 2 + 1);
    std::string path = prefixes.back();
    path.append(line, indent, colon - indent);
    const std::string value = trimmed(line.substr(colon + 1));
    if (value.empty()) {
      prefixes.push_back(path.append("."));
    } else {
      defaults[path] = without(without(value, '"'), '\'');
    }
  }
  return defaults;
}

// "<stage>.steps" -> "sft.steps", "grpo.steps"; other keys stand for themselves.
std::vector<std::string> expanded(const std::string& key) {
  static const std::map<std::string, std::vector<std::string>> kStandsFor = {
      {"<stage>", {"sft", "grpo"}}, {"<data>", {"sft.data", "grpo.data", "eval.data"}}};
  const size_t dot = key.find('.');
  const auto symbol = kStandsFor.find(key.substr(0, dot));
  if (symbol == kStandsFor.end()) return {key};
  std::vector<std::string> keys;
  for (std::string name : symbol->second) keys.push_back(name.append(key, dot));
  return keys;
}

// The rows "| `key` | `default` | meaning |" of the page whose key has a dot.
Defaults read_page() {
  Defaults page;
  std::istringstream lines(
      core::read_text_file(fs::path(RETRACE_SOURCE_DIR) / "docs" / "recipes.md"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream row(line);
    std::string before, key, value;
    if (!std::getline(row, before, '|') || !before.empty()) continue;
    if (!std::getline(row, key, '|') || !std::getline(row, value, '|')) continue;
    key = trimmed(key);
    if (key.front() != '`' || key.find('.') == std::string::npos) continue;
    for (const std::string& full : expanded(without(key, '`'))) {
      page[full] = without(trimmed(value), '`');
    }
  }
  return page;
}

Defaults read_program() {
  const fs::path recipe =
      fs::temp_directory_path() / fmt::format("retrace-recipe-{}.yaml", getpid());
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
    EXPECT_EQ(program.at(key), value == "empty" ? "" : value) << key;
  }
}

}  // namespace
}  // namespace retrace::rl
