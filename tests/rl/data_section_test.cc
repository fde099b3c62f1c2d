#include "rl/data_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.h"
#include "rl/thought_section.h"
#include "tests/rl/error_text.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::rl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kUnclear = "B goes left left, so B. <answer>A</answer>";

class QuestionFiles : public testing::Test {
 protected:
  // A section over one file of questions with these answers.
  DataSection section(const std::vector<std::string>& answers) {
    std::string lines;
    for (const std::string& answer : answers) {
      const nlohmann::json line = {{"problem", "Which way? Options: A. turn left, B. turn right"},
                                   {"solution", kUnclear},
                                   {"video", ""},
                                   {"original_question", "Which way?"},
                                   {"original_answer", answer}};
      lines += line.dump() + "\n";
    }
    DataSection section;
    section.key = "eval.data";
    section.allow_text_only = true;
    section.files = {folder_.write("questions.jsonl", lines).string()};
    return section;
  }
  test::TemporaryFolder folder_;
};

TEST_F(QuestionFiles, EvaluationLeavesOutAnswersThatAreNoLetters) {
  DataSection eval = section({"A", "turn left at the plant", "B"});
  testing::internal::CaptureStderr();
  const std::vector<data::Sample> samples = load_letter_questions(eval);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("eval.data.files: 1 of 3 samples have an answer that is no letter"));
  ASSERT_EQ(samples.size(), 2u);
  EXPECT_EQ(samples[1].answer, "B");
  EXPECT_EQ(samples[1].index, 2);
  eval = section({"turn left", "turn right"});
  EXPECT_THAT(test::error_text<core::DataError>([&] { load_letter_questions(eval); }),
              HasSubstr("eval.data.files: none of the 2 answers is a letter"));
}

TEST_F(QuestionFiles, ShufflingLooksAtDemonstrationsOnlyWhereTheyAreShown) {
  SftSection sft;
  sft.data = section({"A"});
  sft.data.shuffle_options = true;
  EXPECT_THAT(test::error_text<core::DataError>([&] { load_demonstrations(sft); }),
              HasSubstr("cannot follow a new order of the options"));
  EXPECT_THAT(test::error_text<core::DataError>([&] { load_questions(sft.data, true); }),
              HasSubstr("cannot follow a new order of the options"));
  sft.thought = data::ThoughtForm::kAnswerOnly;
  EXPECT_EQ(load_demonstrations(sft).size(), 1u);
  EXPECT_THAT(load_questions(sft.data, false)[0].solution, IsEmpty());
  sft.data.shuffle_options = false;
  EXPECT_EQ(load_questions(sft.data, false)[0].solution, kUnclear);
}

}  // namespace
}  // namespace retrace::rl
