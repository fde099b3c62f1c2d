#include "tools/st_eval/scoring.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/st_eval/results.h"

namespace retrace::st_eval {
namespace {

using data::Task, data::TravelDirection;

Question question(int64_t index, Task task, TravelDirection direction, std::string answer,
                  std::string source = "") {
  data::Sample sample;
  sample.index = index;
  sample.task = task;
  sample.direction = direction;
  sample.answer = std::move(answer);
  sample.source = std::move(source);
  if (task != Task::kRoute) sample.options = {"left", "right", "straight", "back"};
  sample.videos = {fmt::format("{}.mp4", index / 2)};
  return make_question("qa.jsonl", std::move(sample));
}

// Four points for every answer but "fail".
class FixedJudge : public reward::Judge {
 public:
  std::string_view name() const override { return "fixed"; }
  std::optional<reward::JudgeVerdict> judge(const reward::JudgeRequest& request) const override {
    if (request.prediction == "fail") return std::nullopt;
    return reward::JudgeVerdict{5, 4, 3, "fixed"};
  }
  reward::JudgeCounts counts() const override { return {}; }
};

std::vector<Question> direction_questions(int count) {
  std::vector<Question> questions;
  for (int i = 0; i < count; ++i)
    questions.push_back(question(i, Task::kDirection, TravelDirection::kForward, "B"));
  return questions;
}

TEST(Question, IsNamedByFileAndRecord) {
  const Question q = question(5, Task::kAction, TravelDirection::kReverse, "B");
  EXPECT_EQ(q.id, "qa.jsonl:5");
  EXPECT_EQ(q.video, "2.mp4");
  EXPECT_EQ(q.column, Measure::kActionReverse);
}

TEST(JudgeAnswers, CountsEveryKindOfProblem) {
  std::vector<Question> questions = direction_questions(6);
  questions.push_back(question(6, Task::kUnknown, TravelDirection::kForward, "B"));
  questions.push_back(question(7, Task::kLandmark, TravelDirection::kForward, ""));
  questions.back().sample.options.clear();
  questions.push_back(question(8, Task::kRoute, TravelDirection::kReverse, "a route"));
  questions.push_back(question(9, Task::kRoute, TravelDirection::kReverse, "a route"));
  const Answers answers = {{"qa.jsonl:0", {"<answer>B</answer>", false, ""}},
                           {"qa.jsonl:1", {"<answer>C</answer>", false, ""}},
                           {"qa.jsonl:2", {"Based on the video", false, ""}},
                           {"qa.jsonl:3", {"<think>B", true, ""}},
                           {"qa.jsonl:4", {"", false, "2.mp4: no frame could be decoded"}},
                           // 5 is not answered
                           {"qa.jsonl:6", {"<answer>B</answer>", false, ""}},
                           {"qa.jsonl:7", {"<answer>B</answer>", false, ""}},
                           {"qa.jsonl:8", {"<answer>turn left</answer>", false, ""}},
                           {"qa.jsonl:9", {"fail", false, ""}}};
  const FixedJudge judge;
  const std::vector<Verdict> verdicts = judge_answers(questions, answers, &judge, 3);
  std::vector<std::string_view> problems;
  for (const Verdict& verdict : verdicts) problems.push_back(to_string(verdict.problem));
  EXPECT_THAT(problems,
              testing::ElementsAre("none", "none", "unanswered", "truncated", "media", "no_answer",
                                   "no_column", "no_options", "none", "judge"));
  const Tally counts = tally(verdicts);
  const Percents all = mean_percents(counts.all), answered = mean_percents(counts.answered);
  // Of the six direction questions two are the model's own faults and two are nobody's.
  EXPECT_DOUBLE_EQ(all[static_cast<size_t>(Measure::kDirectionForward)].value(), 25);
  EXPECT_DOUBLE_EQ(answered[static_cast<size_t>(Measure::kDirectionForward)].value(), 50);
  EXPECT_EQ(counts.num_questions[static_cast<size_t>(Measure::kDirectionForward)], 6);
  // A judge that fails leaves a missing value, not a zero.
  EXPECT_DOUBLE_EQ(all[static_cast<size_t>(Measure::kRouteReverse)].value(), 80);
  EXPECT_DOUBLE_EQ(all[static_cast<size_t>(Measure::kRouteDirectionReverse)].value(), 100);
  EXPECT_DOUBLE_EQ(all[static_cast<size_t>(Measure::kRouteLandmarkReverse)].value(), 80);
  EXPECT_DOUBLE_EQ(all[static_cast<size_t>(Measure::kRouteSemanticsReverse)].value(), 60);
  EXPECT_FALSE(all[static_cast<size_t>(Measure::kLandmarkForward)]);
}

TEST(JudgeAnswers, WithoutAJudgeRoutesAreMissing) {
  const std::vector<Question> questions = {
      question(0, Task::kRoute, TravelDirection::kForward, "a route")};
  const std::vector<Verdict> verdicts =
      judge_answers(questions, {{"qa.jsonl:0", {"turn left", false, ""}}}, nullptr, 1);
  EXPECT_EQ(verdicts[0].problem, Problem::kJudge);
  EXPECT_TRUE(tally(verdicts).all.empty());
}

TEST(JudgeAnswers, AreTheSameForAnyNumberOfThreads) {
  const std::vector<Question> questions = direction_questions(40);
  Answers answers;
  for (int i = 0; i < 40; ++i)
    answers[fmt::format("qa.jsonl:{}", i)] = {i % 3 == 0 ? "(B)" : "(A)", false, ""};
  const Tally one = tally(judge_answers(questions, answers, nullptr, 1)),
              many = tally(judge_answers(questions, answers, nullptr, 7));
  EXPECT_EQ(mean_percents(one.all), mean_percents(many.all));
  EXPECT_EQ(one.rules[static_cast<size_t>(LetterRule::kBracketed)], 40);
}

// Two hundred questions of one source and two of another: their mean is over sources' questions,
// but Avg is over columns.
TEST(Results, AveragesAreNotWeightedByCounts) {
  std::vector<Question> questions;
  Answers answers;
  int64_t index = 0;
  const auto add = [&](Task task, TravelDirection direction, int count, bool right) {
    for (int i = 0; i < count; ++i) {
      questions.push_back(question(index, task, direction, task == Task::kRoute ? "r" : "B"));
      answers[questions.back().id] = {right ? "(B)" : "(A)", false, ""};
      ++index;
    }
  };
  for (const auto direction : {TravelDirection::kForward, TravelDirection::kReverse}) {
    add(Task::kRoute, direction, 3, true);
    add(Task::kDirection, direction, 200, true);
    add(Task::kLandmark, direction, 1, false);
    add(Task::kAction, direction, 2, false);
  }
  const FixedJudge judge;
  VerdictsByView verdicts;
  verdicts[View::kSeen] = judge_answers(questions, answers, &judge, 1);
  const Results results = make_results({"tiny", "", "fixed", {}, {}}, verdicts, {50, 1});
  const ViewResult& seen = results.views.at(View::kSeen);
  EXPECT_DOUBLE_EQ(seen.all[kAvgTotal].value(), (80 + 80 + 100 + 100) / 8.0);
  EXPECT_DOUBLE_EQ(seen.all[kAvgStrong].value(), 90);
  EXPECT_DOUBLE_EQ(seen.all[kAvgChoice].value(), 100 / 3.0);
  EXPECT_DOUBLE_EQ(seen.all[kAvgRoute].value(), 80);
  EXPECT_DOUBLE_EQ(seen.all[kAvgOutside].value(), 50);
  const std::string markdown = results_markdown(results);
  EXPECT_THAT(markdown, testing::HasSubstr("| tiny | 90.0 | 45.0 | 80.0 | 80.0 | 100.0 | 100.0 |"));
  EXPECT_THAT(markdown, testing::HasSubstr("| tiny | D | 80.0/80.0 | 100.0/100.0 |"));
}

TEST(Results, MissingColumnsAreShownAsMissing) {
  VerdictsByView verdicts;
  verdicts[View::kSeen] = judge_answers(direction_questions(4), {}, nullptr, 1);
  const Results results = make_results({"<m>", "", "none", {}, {}}, verdicts, {50, 1});
  EXPECT_THAT(results_markdown(results), testing::HasSubstr("| <m> | - | - | - | - | - | - |"));
  EXPECT_THAT(results_json(results),
              testing::HasSubstr("\"avg_total\": {\n          \"percent\": null"));
  const std::string html = results_html(results);
  EXPECT_THAT(html, testing::HasSubstr("&lt;m&gt;"));
  EXPECT_THAT(html, testing::Not(testing::HasSubstr("<script")));
}

}  // namespace
}  // namespace retrace::st_eval
