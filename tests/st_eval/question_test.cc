// Files that are missing and records that are broken.
#include "tools/st_eval/question.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/rl/temporary_folder.h"

namespace retrace::st_eval {
namespace {

std::string line(std::string_view video, std::string_view answer = "B") {
  return fmt::format(
      R"({{"problem": "Which way?\nOptions:\nA. left\nB. right", "solution": "", "video": "{}", )"
      R"("original_question": "Which way?", "original_answer": "{}", "task": "direction", )"
      R"("direction": "forward"}})"
      "\n",
      video, answer);
}

QuestionFiles files_of(const std::filesystem::path& file) {
  QuestionFiles files;
  files.files = {file};
  return files;
}

TEST(ReadQuestions, NeedNoVideos) {
  const test::TemporaryFolder folder;
  const std::vector<Question> questions =
      read_questions(files_of(folder.write("qa.jsonl", line("gone.mp4") + line("here.mp4"))));
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].id, "qa.jsonl:0");
  EXPECT_EQ(questions[0].video, "gone.mp4");
  EXPECT_EQ(questions[0].sample.videos.at(0), folder / "gone.mp4");
}

TEST(RequireSomeMedia, TakesAMissingFileButNotAWrongFolder) {
  const test::TemporaryFolder folder;
  const std::vector<Question> questions =
      read_questions(files_of(folder.write("qa.jsonl", line("gone.mp4") + line("here.mp4"))));
  try {
    require_some_media(questions);
    FAIL() << "accepted a folder without videos";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("gone.mp4; set --video-root"));
  }
  folder.write("here.mp4", "");
  EXPECT_NO_THROW(require_some_media(questions));
  EXPECT_NO_THROW(require_some_media({make_question("text.jsonl", {})}));
}

constexpr std::string_view kBenchmark = R"({
  "1": {"video": "1.mp4", "forward_mcq": {"question": "Which way?", "options": [], "answer": "A"}},
  "2": {"video": "1.mp4", "forward_mcq": {"question": "Which way?", "answer": "A"}},
  "3": {"video": "1.mp4",
        "forward_mcq": {"question": "Which way?", "options": ["A. left", "B. right"], "answer": "B"}}
})";

TEST(ReadQuestions, StopAtABrokenRecordUnlessItIsToBeLeftOut) {
  const test::TemporaryFolder folder;
  QuestionFiles files = files_of(folder.write("Part1_forward_mcq.json", kBenchmark));
  try {
    read_questions(files);
    FAIL() << "accepted a choice without options";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("record '1': field 'options'"));
  }
  files.skip_broken = true;
  testing::internal::CaptureStderr();
  const std::vector<Question> questions = read_questions(files);
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].id, "Part1_forward_mcq.json:2");  // as without the others
  EXPECT_EQ(questions[0].sample.answer, "B");
  for (const char* text : {"record '1'", "record '2'", "2 records left out, 1 kept"})
    EXPECT_THAT(log, testing::HasSubstr(text));
}

TEST(ReadQuestions, TakeAnOptionsTextForItsLetterAndNothingElse) {
  const test::TemporaryFolder folder;
  QuestionFiles files =
      files_of(folder.write("qa.jsonl", line("1.mp4", "left") + line("1.mp4", "A. left")));
  for (const Question& question : read_questions(files)) EXPECT_EQ(question.sample.answer, "A");
  for (const char* answer : {"a", "Z", "C", "(A)", "straight"}) {
    folder.write("qa.jsonl", line("1.mp4") + line("1.mp4", answer));
    try {
      read_questions(files);
      FAIL() << "accepted " << answer;
    } catch (const core::DataError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("qa.jsonl:2: field 'original_answer'"));
      EXPECT_THAT(error.what(), testing::HasSubstr(fmt::format("found '{}'", answer)));
    }
  }
  files.skip_broken = true;
  EXPECT_EQ(read_questions(files).size(), 1U);
}

TEST(ReadQuestions, RefuseTwoFilesOfOneName) {
  const test::TemporaryFolder first, second;
  QuestionFiles files = files_of(first.write("qa.jsonl", line("1.mp4")));
  files.files.push_back(second.write("qa.jsonl", line("1.mp4")));
  EXPECT_THROW(read_questions(files), core::ConfigError);
}

}  // namespace
}  // namespace retrace::st_eval
