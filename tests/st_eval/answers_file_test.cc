// Resuming: answers are kept, cut lines are dropped, other settings are refused.
#include "tools/st_eval/answers_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "core/files.h"
#include "tests/rl/temporary_folder.h"
#include "tools/st_eval/verdicts_file.h"

namespace retrace::st_eval {
namespace {

const Settings kSettings = {{"model", "abc"}, {"prompt", "{problem}"}};

class AnswersFileTest : public testing::Test {
 protected:
  std::string text() const { return core::read_text_file(folder_.path() / "answers.jsonl"); }
  void append_raw(const std::string& bytes) {
    std::ofstream(folder_.path() / "answers.jsonl", std::ios::app) << bytes;
  }
  test::TemporaryFolder folder_;
};

TEST_F(AnswersFileTest, GoesOnWhereItStopped) {
  {
    AnswersFile file(folder_.path(), kSettings);
    file.append(View::kSeen, {{"qa:0", {"B", false, ""}}, {"qa:1", {"", false, "no video"}}});
  }
  const std::string before = text();
  AnswersFile file(folder_.path(), kSettings);
  EXPECT_EQ(text(), before);
  EXPECT_EQ(file.answers(View::kSeen).size(), 2U);
  EXPECT_EQ(file.answers(View::kSeen).at("qa:0").text, "B");
  EXPECT_EQ(file.answers(View::kSeen).at("qa:1").error, "no video");
  EXPECT_TRUE(file.answers(View::kBlind).empty());
  file.append(View::kBlind, {{"qa:0", {"C\n\xff", true, ""}}});
  EXPECT_TRUE(AnswersFile(folder_.path(), kSettings).answers(View::kBlind).at("qa:0").truncated);
}

TEST_F(AnswersFileTest, DropsALineThatWasCutOff) {
  { AnswersFile(folder_.path(), kSettings).append(View::kSeen, {{"qa:0", {"B", false, ""}}}); }
  const std::string whole = text();
  append_raw("{\"view\": \"seen\", \"id\": \"qa:1\", \"te");
  AnswersFile file(folder_.path(), kSettings);
  EXPECT_EQ(file.answers(View::kSeen).size(), 1U);
  EXPECT_EQ(text(), whole);
}

TEST_F(AnswersFileTest, RefusesOtherSettings) {
  const Settings others = {{"model", "abc"}, {"prompt", "Q: {problem}"}};
  { const AnswersFile file(folder_.path(), others); }
  {  // without answers there is nothing to mix up
    AnswersFile file(folder_.path(), kSettings);
    file.append(View::kBlind, {{"qa:0", {"B", false, ""}}});
  }
  try {
    const AnswersFile file(folder_.path(), others);
    FAIL() << "accepted another prompt";
  } catch (const core::ConfigError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("prompt = {problem}, but now it is Q: {problem}"));
  }
}

TEST_F(AnswersFileTest, NamesABadLine) {
  { const AnswersFile file(folder_.path(), kSettings); }
  append_raw("not json\n");
  try {
    const AnswersFile file(folder_.path(), kSettings);
    FAIL() << "accepted a bad line";
  } catch (const core::DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("answers.jsonl:2:"));
  }
}

TEST_F(AnswersFileTest, GivenAnswersAreChecked) {
  data::Sample sample;
  const std::vector<Question> questions = {make_question("qa.jsonl", sample)};
  const auto given = [&](const std::string& content) {
    const std::filesystem::path path = folder_.path() / "given.jsonl";
    std::ofstream(path) << content;
    return read_given_answers(path, questions);
  };
  EXPECT_EQ(
      given("{\"id\": \"qa.jsonl:0\", \"text\": \"B\"}\n").at(View::kSeen).at("qa.jsonl:0").text,
      "B");
  EXPECT_THROW(given("{\"id\": \"qa.jsonl:1\", \"text\": \"B\"}\n"), core::DataError);
  EXPECT_THROW(given("{\"id\": \"qa.jsonl:0\"}\n"), core::DataError);
  EXPECT_THROW(given("[]\n"), core::DataError);
  const std::string line = "{\"id\": \"qa.jsonl:0\", \"text\": \"B\"}\n";
  EXPECT_THROW(given(line + line), core::DataError);
  EXPECT_THROW(given("{\"id\": \"qa.jsonl:0\", \"text\": \"B\", \"view\": \"dark\"}\n"),
               core::DataError);
  EXPECT_THROW(given("{\"id\": \"qa.jsonl:0\", \"text\": \"B\", \"finish\": \"lenght\"}\n"),
               core::DataError);
  EXPECT_THROW(given("{\"settings\": {}}\n"), core::DataError);
}

// So that saved answers can be scored again without their model and its settings.
TEST_F(AnswersFileTest, IsAFileOfGivenAnswers) {
  const std::vector<Question> questions = {make_question("qa.jsonl", {})};
  {
    AnswersFile file(folder_.path(), kSettings);
    file.append(View::kSeen, {{"qa.jsonl:0", {"B", false, ""}}});
    file.append(View::kBlind, {{"qa.jsonl:0", {"<think>", true, ""}}});
  }
  const AnswersByView answers = read_given_answers(folder_ / "answers.jsonl", questions);
  EXPECT_EQ(answers.at(View::kSeen).at("qa.jsonl:0").text, "B");
  EXPECT_TRUE(answers.at(View::kBlind).at("qa.jsonl:0").truncated);
}

TEST_F(AnswersFileTest, VerdictsAreReadBack) {
  Verdict choice;
  choice.id = "qa:0";
  choice.video = "0.mp4";
  choice.source = "adt";
  choice.column = Measure::kActionReverse;
  choice.choice = {'C', LetterRule::kPhrase};
  choice.expected = "C";
  choice.percent = 100;
  Verdict route;
  route.id = "qa:1";
  route.column = Measure::kRouteForward;
  route.percent = 80;
  route.parts = {100, 80, 60};
  Verdict failed;
  failed.id = "qa:2";
  failed.problem = Problem::kNoColumn;
  failed.reason = "task unknown";
  write_verdicts(folder_.path(), {{View::kSeen, {choice, route}}, {View::kBlind, {failed}}});
  const VerdictsByView read = read_verdicts(folder_.path());
  ASSERT_EQ(read.at(View::kSeen).size(), 2U);
  EXPECT_EQ(read.at(View::kSeen)[0].choice.letter, 'C');
  EXPECT_EQ(read.at(View::kSeen)[0].choice.rule, LetterRule::kPhrase);
  EXPECT_EQ(read.at(View::kSeen)[0].source, "adt");
  EXPECT_EQ(read.at(View::kSeen)[1].parts[2], 60.0);
  EXPECT_EQ(read.at(View::kBlind)[0].problem, Problem::kNoColumn);
  std::ofstream(folder_.path() / "verdicts.jsonl") << "{\"view\": \"seen\"}\n";
  EXPECT_THROW(read_verdicts(folder_.path()), core::DataError);
}

}  // namespace
}  // namespace retrace::st_eval
