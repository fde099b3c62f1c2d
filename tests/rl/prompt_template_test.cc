// Templates: the whole problem or its parts, and which of a recipe's templates a stage gets.
#include "rl/prompt_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.h"
#include "rl/run_config.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::rl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

data::Sample some_sample() {
  data::Sample sample;
  sample.problem = "Which way? Options: A. left, B. right, C. back";
  sample.question = "Which way?";
  sample.options = {"left", "right", "back"};
  return sample;
}

std::string template_refusal(const std::string& text_template) {
  return test::error_text<core::ConfigError>([&] { check_template(text_template, "some.key"); });
}

TEST(PromptTemplate, TakesTheWholeProblem) {
  EXPECT_EQ(fill_template("{problem}", some_sample()), some_sample().problem);
  EXPECT_EQ(fill_template("Watch.\n{problem}\nAnswer.", some_sample()),
            "Watch.\n" + some_sample().problem + "\nAnswer.");
}

TEST(PromptTemplate, TakesTheParts) {
  EXPECT_EQ(fill_template("{question} Pick: {options}.", some_sample()),
            "Which way? Pick: A. left, B. right, C. back.");
  EXPECT_EQ(fill_template("{option_lines}\n{question}", some_sample()),
            "A. left\nB. right\nC. back\nWhich way?");
}

TEST(PromptTemplate, OfAnOpenQuestionHasNoOptions) {
  data::Sample sample = some_sample();
  sample.options.clear();
  EXPECT_EQ(fill_template("{question} [{options}]", sample), "Which way? []");
  EXPECT_EQ(fill_template("{question} [{option_lines}]", sample), "Which way? []");
}

TEST(PromptTemplate, LeavesOtherBracesAndThoseOfTheTextsAlone) {
  data::Sample sample = some_sample();
  sample.problem = "{question} {problem} {";
  EXPECT_EQ(fill_template("{answer} {{problem}} {}", sample),
            "{answer} {" + sample.problem + "} {}");
  sample.question = "{options}?";
  sample.options = {"{question}"};
  EXPECT_EQ(fill_template("{question}{options}", sample), "{options}?A. {question}");
}

TEST(PromptTemplate, RefusesASampleWhosePartsAreNotKnown) {
  data::Sample sample = some_sample();
  sample.question.clear();
  EXPECT_EQ(fill_template("{problem}", sample), sample.problem);
  EXPECT_THAT(
      test::error_text<core::DataError>([&] { fill_template("{question} {options}", sample); }),
      HasSubstr("the template asks for {question}"));
}

TEST(PromptTemplate, HoldsTheProblemOrBothPartsOnce) {
  for (const char* valid : {"{problem}", "a {problem} b {answer}", "{question} {options}",
                            "{option_lines}{question}"}) {
    EXPECT_NO_THROW(check_template(valid, "some.key")) << valid;
  }
  for (const char* invalid :
       {"", "problem", "{Problem}", "{problem} {problem}", "{problem} {question}",
        "{problem} {options}", "{problem} {question} {options}", "{question}", "{options}",
        "{option_lines}", "{question} {options} {option_lines}", "{question} {options} {options}",
        "{question} {question} {options}"}) {
    EXPECT_THAT(template_refusal(invalid), StartsWith("some.key: must hold {problem} exactly once"))
        << invalid;
    EXPECT_THAT(template_refusal(invalid), HasSubstr("is '" + std::string(invalid) + "'"));
  }
}

// ------------------------------------------------------------------------------------------------
// The recipe
// ------------------------------------------------------------------------------------------------

class StageTemplate : public ::testing::Test {
 protected:
  RunConfig read(const std::vector<std::string>& overrides) const {
    return read_run_config(folder_.write("recipe.yaml", R"(
model: {path: some/model}
prompt: {system: Be brief., template: "Of all: {problem}", max_tokens: 77}
sft: {data: {files: [a.jsonl]}, steps: 1}
grpo: {data: {files: [a.jsonl]}, steps: 1}
eval: {data: {files: [a.jsonl]}}
reward: {rewards: [{name: letter}]}
)"),
                           overrides);
  }
  static std::string used(const RunConfig& config, const std::string& text_template) {
    return prompt_options(config, text_template).text_template;
  }

  test::TemporaryFolder folder_;
};

TEST_F(StageTemplate, IsThatOfThePromptUnlessTheStageHasItsOwn) {
  const RunConfig shared = read({});
  EXPECT_EQ(used(shared, shared.sft.text_template), "Of all: {problem}");
  EXPECT_EQ(used(shared, shared.grpo.text_template), "Of all: {problem}");
  EXPECT_EQ(used(shared, shared.eval.text_template), "Of all: {problem}");
  const RunConfig own =
      read({"sft.template='S {problem}'", "grpo.template='G {question} {option_lines}'",
            "eval.template='E {question} {options}'"});
  EXPECT_EQ(used(own, own.sft.text_template), "S {problem}");
  EXPECT_EQ(used(own, own.grpo.text_template), "G {question} {option_lines}");
  EXPECT_EQ(used(own, own.eval.text_template), "E {question} {options}");
}

TEST_F(StageTemplate, LeavesTheOtherOptionsOfThePromptAlone) {
  const RunConfig config = read({"grpo.template='G {problem}'"});
  const PromptOptions options = prompt_options(config, config.grpo.text_template);
  EXPECT_EQ(options.system, "Be brief.");
  EXPECT_EQ(options.max_tokens, 77);
  EXPECT_EQ(used(config, config.sft.text_template), "Of all: {problem}");
}

TEST_F(StageTemplate, IsCheckedUnderItsOwnKey) {
  for (const std::string stage : {"sft", "grpo", "eval"}) {
    EXPECT_THAT(test::error_text<core::ConfigError>(
                    [&] { read({stage + ".template='{question} alone'"}); }),
                StartsWith(stage + ".template: must hold"));
  }
}

}  // namespace
}  // namespace retrace::rl
