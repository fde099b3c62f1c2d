// Every recipe in recipes/ can be read, and is in the table of docs/recipes.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "core/files.h"
#include "rl/run_config.h"

namespace retrace::rl {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(RETRACE_SOURCE_DIR) / "recipes";

// "ablations/no_kl.yaml"
std::set<std::string> shipped() {
  std::set<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml")
      names.insert(entry.path().lexically_relative(kFolder).string());
  }
  return names;
}

TEST(ShippedRecipes, CanBeRead) {
  std::set<fs::path> run_folders;
  for (const std::string& name : shipped()) {
    SCOPED_TRACE(name);
    RunConfig config;
    ASSERT_NO_THROW(config = read_run_config(kFolder / name, {}));
    EXPECT_TRUE(run_folders.insert(config.run.dir).second) << config.run.dir << " is another's";
  }
  EXPECT_GE(run_folders.size(), 30u);
}

TEST(ShippedRecipes, HaveATwinForTwoCores) {
  const std::set<std::string> names = shipped();
  for (const std::string& name : names) {
    if (name.starts_with("st_r1") || name.starts_with("ablations/")) {
      EXPECT_TRUE(names.contains("tiny/" + name)) << name;
    }
  }
}

TEST(ShippedRecipes, AreInTheTableOfThePage) {
  const std::string page = core::read_text_file(fs::path(RETRACE_SOURCE_DIR) / "docs/recipes.md");
  for (const std::string& name : shipped()) {
    if (!name.starts_with("tiny/") && !name.starts_with("tiny_base")) {
      const std::string listed = name.starts_with("ablations/scale_") ? "ablations/scale_N" : name;
      EXPECT_THAT(page, ::testing::HasSubstr("`" + listed)) << name;
    }
  }
}

}  // namespace
}  // namespace retrace::rl
