// What a recipe and the command line make of sampling, and which settings guard the answers.
#include "tools/st_eval/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::st_eval {
namespace {

namespace fs = std::filesystem;
using testing::Contains, testing::Pair, testing::Not;

class ArgumentsTest : public testing::Test {
 protected:
  ArgumentsTest() {
    arguments_.model = folder_.path();
    folder_.write("config.json", "{}");
    arguments_.questions.files = {folder_.write("qa.jsonl", "{}\n")};
    arguments_.recipe = fs::path(RETRACE_SOURCE_DIR) / "recipes/tiny/st_r1.yaml";
  }
  Settings settings() const { return settings_of(arguments_, model_options(arguments_)); }
  test::TemporaryFolder folder_;
  Arguments arguments_;
};

TEST_F(ArgumentsTest, TakeSamplingFromTheRecipeButTheTemperature) {
  arguments_.overrides = {"rollout.top_k=5", "rollout.top_p=0.5", "rollout.temperature=0.7"};
  const ModelOptions greedy = model_options(arguments_);
  EXPECT_EQ(greedy.sampling.top_k, 5);
  EXPECT_EQ(greedy.sampling.top_p, 0.5);
  EXPECT_EQ(greedy.sampling.temperature, 0);
  arguments_.temperature = 1.5;
  EXPECT_EQ(model_options(arguments_).sampling.temperature, 1.5);
}

// Answers of versions that did not know a setting go on where it is not in use.
TEST_F(ArgumentsTest, NameLaterSettingsOnlyWhereTheyAreInUse) {
  const auto named = [](const char* name) { return Contains(Pair(name, testing::_)); };
  arguments_.temperature = 1;
  for (const char* name : {"top_k", "top_p", "skip_broken"})
    EXPECT_THAT(settings(), Not(named(name)));
  arguments_.questions.skip_broken = true;
  arguments_.overrides = {"rollout.top_k=5", "rollout.top_p=0.5"};
  EXPECT_THAT(settings(), Contains(Pair("top_k", "5")));
  EXPECT_THAT(settings(), Contains(Pair("top_p", "0.5")));
  EXPECT_THAT(settings(), Contains(Pair("skip_broken", "yes")));
  arguments_.temperature = 0;
  for (const char* name : {"top_k", "top_p"}) EXPECT_THAT(settings(), Not(named(name)));
}

TEST_F(ArgumentsTest, NameEveryQuestionFileByItsHash) {
  const Settings before = data_settings(arguments_);
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].first, "data qa.jsonl");
  EXPECT_THAT(settings(), Contains(before[0]));
  folder_.write("qa.jsonl", "{ }\n");
  EXPECT_NE(data_settings(arguments_)[0].second, before[0].second);
}

TEST_F(ArgumentsTest, RefuseWhatCannotStandTogether) {
  EXPECT_NO_THROW(check_arguments(arguments_));
  arguments_.answers = "answers.jsonl";
  EXPECT_THROW(check_arguments(arguments_), core::ConfigError);
  arguments_.model.clear();
  EXPECT_NO_THROW(check_arguments(arguments_));
  arguments_.blind = true;
  EXPECT_THROW(check_arguments(arguments_), core::ConfigError);
}

}  // namespace
}  // namespace retrace::st_eval
