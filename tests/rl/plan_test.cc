// The plan: what it says of a recipe, and that it counts what the run will do.
#include "rl/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"
#include "tests/rl/tiny_model.h"

namespace retrace::rl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Plan : public ::testing::Test {
 protected:
  Plan() { test::write_tiny_model_folder(folder_ / "model"); }

  std::string file(const std::string& name, int64_t num_questions) const {
    std::string lines;
    for (int64_t i = 0; i < num_questions; ++i) {
      lines += R"({"problem": "Which way?", "solution": "<answer>A</answer>", "video": "",)"
               R"( "original_question": "Which way?", "original_answer": "A"})"
               "\n";
    }
    return folder_.write(name, lines).string();
  }
  RunConfig read(std::vector<std::string> overrides) const {
    overrides.push_back("model.path=" + (folder_ / "model").string());
    return read_run_config(
        folder_.write("recipe.yaml",
                      "sft: {prompts_per_step: 2, data: {allow_text_only: true}}\n"
                      "grpo: {prompts_per_step: 2, data: {allow_text_only: true}}\n"
                      "eval: {data: {allow_text_only: true}}\n"
                      "rollout: {max_new_tokens: 10}\n"
                      "reward: {rewards: [{name: letter}]}\n"),
        overrides);
  }
  std::string plan(const std::vector<std::string>& overrides) const {
    return describe_plan(read(overrides), 1);
  }
  std::vector<std::string> both_stages() const {
    return {"sft.data.files=[" + file("sft.jsonl", 4) + "]", "sft.steps=10",
            "grpo.data.files=[" + file("grpo.jsonl", 4) + "]", "grpo.steps=7"};
  }
  std::string eval_files() const { return "eval.data.files=[" + file("eval.jsonl", 5) + "]"; }

  test::TemporaryFolder folder_;
};

TEST_F(Plan, CountsStages) {
  const std::string text = plan(both_stages());
  EXPECT_THAT(text, HasSubstr("sft: 4 samples, 10 steps of 2 prompts = 5.00 epochs"));
  EXPECT_THAT(text, HasSubstr("grpo: 4 samples, 7 steps of 2 prompts = 3.50 epochs"));
  EXPECT_THAT(text, HasSubstr("8 completions a prompt: 16 a step, 16 a rank and step"));
  EXPECT_THAT(text, Not(HasSubstr("eval:")));
}

TEST_F(Plan, CountsEvaluationsWithTheirBlindTwins) {
  std::vector<std::string> overrides = both_stages();
  overrides.push_back(eval_files());
  EXPECT_THAT(plan(overrides),
              HasSubstr("eval: 5 questions and their blind twins, 3 time(s) = 30 answers"))
      << "at the start and after each stage";
  // Steps 5 and 10, the last of sft, then 15; 17 is the last of grpo.
  overrides.push_back("eval.every_steps=5");
  EXPECT_THAT(plan(overrides), HasSubstr("5 time(s) = 50 answers"));
  overrides.push_back("eval.blind=false");
  EXPECT_THAT(plan(overrides), HasSubstr("eval: 5 questions, 5 time(s) = 25 answers"));
}

TEST_F(Plan, OfAnEvaluationAloneCountsItOnce) {
  const std::string text = plan({eval_files()});
  EXPECT_THAT(text, AllOf(HasSubstr("1 time(s) = 10 answers"), Not(HasSubstr("sft:")),
                          Not(HasSubstr("grpo:"))));
}

TEST_F(Plan, CountsNoGradientsAndMomentsOfAFrozenTower) {
  const auto megabytes = [&](const std::string& train_vision) {
    std::vector<std::string> overrides = both_stages();
    overrides.push_back("model.train_vision=" + train_vision);
    return plan(overrides).substr(0, plan(overrides).find('\n'));
  };
  EXPECT_NE(megabytes("true"), megabytes("false"));
}

TEST_F(Plan, NamesTheKeyOfWhatCannotBeRead) {
  std::vector<std::string> overrides = both_stages();
  overrides.push_back("eval.data.files=[" + (folder_ / "nowhere.jsonl").string() + "]");
  EXPECT_THAT(test::error_text<core::DataError>([&] { plan(overrides); }),
              StartsWith("eval.data.files: "));
  RunConfig config = read(both_stages());
  config.model.path = folder_ / "nowhere";
  EXPECT_THAT(test::error_text<core::CheckpointError>([&] { describe_plan(config, 1); }),
              StartsWith("model.path: "));
}

}  // namespace
}  // namespace retrace::rl
