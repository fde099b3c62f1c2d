// What can be compared, what is refused, what is left out.
#include "tools/st_eval/comparison.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/files.h"
#include "tests/rl/temporary_folder.h"
#include "tools/st_eval/results.h"

namespace retrace::st_eval {
namespace {

using testing::HasSubstr, testing::Not;

Verdict judged(int index, Measure column, double percent) {
  Verdict verdict;
  verdict.id = fmt::format("qa.jsonl:{}", index);
  verdict.video = fmt::format("{}.mp4", index);
  verdict.source = "indoor";
  verdict.column = column;
  verdict.percent = percent;
  if (is_route(column)) {
    verdict.parts = {percent, percent, percent};
  } else {
    verdict.expected = "B";
  }
  return verdict;
}

// Two choices, right and wrong, and two routes.
SavedResult result_of(const std::string& name) {
  const std::vector<Verdict> verdicts = {
      judged(0, Measure::kDirectionForward, 100), judged(1, Measure::kDirectionForward, 0),
      judged(2, Measure::kRouteForward, 40), judged(3, Measure::kRouteForward, 80)};
  return {name, {{View::kSeen, verdicts}}, {{"qa.jsonl", "12ab"}}, "rules"};
}

std::string compare(const SavedResult& first, const SavedResult& second) {
  return comparison_markdown(first, second, {100, 1});
}

std::string error_of(const SavedResult& first, const SavedResult& second) {
  try {
    compare(first, second);
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

void fail_to_judge(Verdict& verdict) {
  verdict.problem = Problem::kJudge;
  verdict.percent = std::nullopt;
  verdict.parts = {};
}

TEST(Comparison, OfEqualResultsIsZero) {
  const std::string text = compare(result_of("a"), result_of("b"));
  EXPECT_THAT(text,
              HasSubstr("| direction/forward | 50.0 | 50.0 | +0.0 | +0.0 to +0.0 | 50.0 % |"));
  EXPECT_THAT(text, HasSubstr("| route/forward | 60.0 | 60.0 | +0.0 |"));
  EXPECT_THAT(text, Not(HasSubstr("Left out")));
}

// Two generated folders of one size have the same names of files, records and videos.
TEST(Comparison, RefusesOtherDataOfTheSameName) {
  SavedResult other = result_of("b");
  other.data_hashes["qa.jsonl"] = "34cd";
  EXPECT_THAT(error_of(result_of("a"), other),
              HasSubstr("the questions of qa.jsonl are not the same"));
  other.data_hashes.clear();  // unknown
  EXPECT_EQ(error_of(result_of("a"), other), "accepted");
}

TEST(Comparison, RefusesOtherQuestionsOfTheSameName) {
  const auto error_with = [](auto change) {
    SavedResult other = result_of("b");
    change(other.verdicts.at(View::kSeen)[1]);
    return error_of(result_of("a"), other);
  };
  EXPECT_THAT(error_with([](Verdict& verdict) { verdict.expected = "C"; }),
              HasSubstr("the right letter of 'qa.jsonl:1' is 'B' in the first and 'C' in the"));
  EXPECT_THAT(error_with([](Verdict& verdict) { verdict.source = "outdoor"; }),
              HasSubstr("the source of 'qa.jsonl:1'"));
  EXPECT_THAT(error_with([](Verdict& verdict) { verdict.video = "9.mp4"; }),
              HasSubstr("the video of 'qa.jsonl:1'"));
  EXPECT_THAT(error_with([](Verdict& verdict) { verdict.column = Measure::kActionForward; }),
              HasSubstr("the column of 'qa.jsonl:1'"));
  EXPECT_THAT(error_with([](Verdict& verdict) { verdict.id = "qa.jsonl:9"; }),
              HasSubstr("2 are in one of them only"));
}

TEST(Comparison, RefusesRoutesOfOtherJudges) {
  SavedResult first = result_of("a"), second = result_of("b");
  second.judge = "http";
  EXPECT_THAT(error_of(first, second), HasSubstr("judged by 'rules' in the first and by 'http'"));
  second.judge.clear();  // unknown
  EXPECT_EQ(error_of(first, second), "accepted");
  // A judge of no consequence: there are no routes.
  second.judge = "http";
  for (SavedResult* result : {&first, &second}) result->verdicts.at(View::kSeen).resize(2);
  EXPECT_EQ(error_of(first, second), "accepted");
}

TEST(Comparison, LeavesOutOfBothWhatIsJudgedInOneOnly) {
  const SavedResult first = result_of("a");
  SavedResult second = result_of("b");
  fail_to_judge(second.verdicts.at(View::kSeen)[3]);
  const std::string text = compare(first, second);
  EXPECT_THAT(text, HasSubstr("Left out of both, because judged in one only: 1 of 4 questions."));
  EXPECT_THAT(text, HasSubstr("| route/forward | 40.0 | 40.0 | +0.0 |"));
  EXPECT_THAT(compare(second, first), HasSubstr("| route/forward | 40.0 | 40.0 | +0.0 |"));
  // Without a judge no route is left, and the other columns are compared.
  fail_to_judge(second.verdicts.at(View::kSeen)[2]);
  second.judge = "none";
  const std::string choices = compare(first, second);
  EXPECT_THAT(choices, HasSubstr("2 of 4 questions"));
  EXPECT_THAT(choices, HasSubstr("| direction/forward | 50.0 |"));
  EXPECT_THAT(choices, Not(HasSubstr("route/forward")));
}

TEST(Comparison, NeedsAViewInCommon) {
  SavedResult blind = result_of("b");
  blind.verdicts = {{View::kBlind, blind.verdicts.at(View::kSeen)}};
  EXPECT_THAT(error_of(result_of("a"), blind), HasSubstr("no view in common"));
}

TEST(ReadResult, TellsDataAndJudge) {
  const test::TemporaryFolder folder;
  const SavedResult written = result_of("a");
  write_verdicts(folder.path(), written.verdicts);
  const SavedResult bare = read_result(folder.path());
  EXPECT_EQ(bare.judge, "");
  EXPECT_TRUE(bare.data_hashes.empty());
  EXPECT_EQ(bare.verdicts.at(View::kSeen).size(), 4U);
  const Settings settings = {{"model", "ef"}, {std::string(kDataSetting) + "qa.jsonl", "12ab"}};
  const Results results = make_results({"m", "", "rules", {}, settings}, written.verdicts, {10, 1});
  core::write_file_atomically(folder / "results.json", results_json(results));
  const SavedResult read = read_result(folder.path());
  EXPECT_EQ(read.judge, "rules");
  EXPECT_EQ(read.data_hashes, written.data_hashes);
  folder.write("results.json", "[]");
  EXPECT_THROW(read_result(folder.path()), core::DataError);
}

}  // namespace
}  // namespace retrace::st_eval
