// Every figure that docs/egost.md states about the released training files, counted again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "data/egost_census.h"
#include "data/jsonl_dataset.h"
#include "data/option_text.h"
#include "data/pair_index.h"
#include "model/split_pattern.h"
#include "model/word_splitter.h"

namespace retrace::data {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr auto kForward = TravelDirection::kForward, kReverse = TravelDirection::kReverse;

class ReleasedFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::getenv("RETRACE_EGOST_DATA") == nullptr)
      GTEST_SKIP() << "RETRACE_EGOST_DATA does not name the folder of total_test_mcq_630.jsonl";
  }
  static std::vector<Sample> read(int size) {
    DatasetOptions options;
    options.file = std::filesystem::path(std::getenv("RETRACE_EGOST_DATA")) /
                   ("total_test_mcq_" + std::to_string(size) + ".jsonl");
    options.check_files = false;
    return read_dataset(options);
  }
};

struct SizeRow {
  int size;
  std::array<int64_t, 6> kinds;  // direction, landmark, action; forward before reverse
  int64_t num_videos, num_complete_pairs;
  double majority_accuracy;
};
constexpr SizeRow kSizes[] = {{63, {15, 14, 11, 8, 9, 6}, 56, 2, .365},
                              {126, {28, 25, 16, 19, 18, 20}, 94, 18, .357},
                              {252, {58, 51, 36, 39, 32, 36}, 152, 54, .349},
                              {378, {88, 83, 49, 55, 49, 54}, 193, 109, .354},
                              {504, {119, 116, 70, 71, 59, 69}, 211, 197, .339},
                              {630, {143, 143, 92, 92, 80, 80}, 214, 313, .346}};

TEST_F(ReleasedFiles, HaveTheseCountsByTrueTask) {
  for (const SizeRow& row : kSizes) {
    SCOPED_TRACE(row.size);
    const Census census = take_census(read(row.size));
    size_t i = 0;
    for (const Task task : {Task::kDirection, Task::kLandmark, Task::kAction}) {
      for (const TravelDirection direction : {kForward, kReverse})
        EXPECT_EQ(census.by_kind.at({task, direction}), row.kinds.at(i++));
    }
    EXPECT_EQ(census.by_kind.size(), 6U);
    EXPECT_EQ(census.num_records, row.size);
    EXPECT_EQ(census.num_videos, row.num_videos);
    EXPECT_EQ(census.num_complete_pairs, row.num_complete_pairs);
    EXPECT_NEAR(census.majority_accuracy, row.majority_accuracy, 0.0005);
  }
}

TEST_F(ReleasedFiles, AllPairsOf630AreComplete) {
  const std::vector<Sample> samples = read(630);
  const Census census = take_census(samples);
  EXPECT_EQ(census.num_pair_keys, 313);
  EXPECT_EQ(census.num_complete_pairs, 313);
  for (const auto& [key, pair] : pair_index(samples)) {
    const bool is_twice = std::filesystem::path(key.video).filename().string().starts_with(
                              "ADT_Lite_release_recognition_WoodenBoxSmall_seq030") &&
                          key.task != Task::kLandmark;
    EXPECT_EQ(pair.forward.size(), is_twice ? 2U : 1U) << key.video;
    EXPECT_EQ(pair.reverse.size(), is_twice ? 2U : 1U) << key.video;
  }
}

TEST_F(ReleasedFiles, AnswersOptionsAndSourcesOf630) {
  const std::vector<Sample> samples = read(630);
  const Census census = take_census(samples);
  EXPECT_THAT(census.by_answer,
              ElementsAre(Pair("A", 218), Pair("B", 152), Pair("C", 129), Pair("D", 131)));
  EXPECT_THAT(census.by_num_options,
              ElementsAre(Pair(1, 1), Pair(2, 16), Pair(3, 102), Pair(4, 511)));
  EXPECT_NEAR(census.chance_accuracy, .271, 0.0005);
  const auto expect_source = [&](const char* source, int64_t records, int64_t videos) {
    EXPECT_EQ(census.by_source.at(source).num_records, records) << source;
    EXPECT_EQ(census.by_source.at(source).num_videos, videos) << source;
  };
  expect_source("adt", 320, 90);
  expect_source("outdoor", 102, 40);
  expect_source("sun3d", 92, 35);
  expect_source("aea", 86, 36);
  expect_source("nymeria", 30, 13);
  EXPECT_EQ(census.by_source.size(), 5U);
  EXPECT_EQ(
      std::count_if(samples.begin(), samples.end(),
                    [](const Sample& sample) {
                      return video_name_of(sample).starts_with("ADT_Lite_release_recognition");
                    }),
      228);
  for (const Sample& sample : samples) {
    if (sample.task != Task::kAction) continue;
    EXPECT_TRUE(sample.source == "adt" || sample.source == "aea" || sample.source == "nymeria");
  }
  EXPECT_EQ(samples[475].options, std::vector<std::string>{"wooden door wooden door"});
}

TEST_F(ReleasedFiles, EveryRecordKeepsItsForm) {
  constexpr std::string_view kTail =
      "\n\nInstructions: Please select the most appropriate answer from the options above and "
      "return "
      "only the option number (e.g. A, B, C or D).";
  for (const Sample& sample : read(630)) {
    SCOPED_TRACE(sample.index);
    EXPECT_TRUE(sample.problem.ends_with(kTail));
    EXPECT_EQ(count_occurrences(sample.problem, "Options:"), 1U);
    EXPECT_TRUE(sample.solution.ends_with("Hence, the correct answer is " + sample.answer +
                                          "</think> <answer>" + sample.answer + "</answer>"));
    EXPECT_EQ(with_options(sample.problem, sample.options), sample.problem);
    EXPECT_FALSE(sample.opposite.empty());
    EXPECT_FALSE(right_option(sample).empty());
  }
}

TEST_F(ReleasedFiles, SmallFilesAreInsideLargeOnesButFor63) {
  const auto keys = [](int size) {
    std::set<std::string> found;
    for (const Sample& sample : read(size))
      found.insert(video_name_of(sample) + sample.problem + sample.solution);
    return found;
  };
  const auto missing = [&](int small, int large) {
    const std::set<std::string> inside = keys(small), outside = keys(large);
    return std::count_if(inside.begin(), inside.end(),
                         [&](const std::string& key) { return !outside.contains(key); });
  };
  EXPECT_EQ(keys(630).size(), 630U);  // no record twice
  for (const auto& [small, large] : {std::pair(126, 252), {252, 378}, {378, 504}, {504, 630}})
    EXPECT_EQ(missing(small, large), 0) << small;
  EXPECT_EQ(missing(63, 504), 0);
  EXPECT_EQ(missing(63, 126), 2);
  EXPECT_EQ(missing(63, 252), 2);
  EXPECT_EQ(missing(63, 378), 1);
}

TEST_F(ReleasedFiles, DefectsOf630) {
  const EgoStDefects defects = find_defects(read(630));
  EXPECT_EQ(defects.stem_of_other_task, 80);
  EXPECT_EQ(defects.thought_of_other_task, 143);
  EXPECT_EQ(defects.repeated_prefix, 18);
  EXPECT_EQ(defects.comma_in_option, 18);
  EXPECT_EQ(defects.fewer_than_two_options, 1);
  EXPECT_EQ(defects.period_options, 303);
  EXPECT_EQ(defects.period_answers, 2);
  EXPECT_EQ(defects.three_options_A, 93);
  EXPECT_EQ(defects.two_options_B, 14);
}

// With the question's words alone 172 would be landmarks there and none actions there.
TEST_F(ReleasedFiles, QuestionWordsAloneGiveWrongTasks) {
  int64_t landmarks_there = 0, actions_there = 0;
  for (const Sample& sample : read(630)) {
    const bool is_there = sample.question.find("destination") != std::string::npos;
    landmarks_there += is_there && sample.question.find("landmarks") != std::string::npos ? 1 : 0;
    actions_there += is_there && sample.question.find("actions") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(landmarks_there, 172);
  EXPECT_EQ(actions_there, 0);
}

TEST_F(ReleasedFiles, ReverseAnnotationsAreNoMechanicalInverses) {
  const std::vector<Sample> samples = read(630);
  const InverseCounts direction = count_inverses(samples, Task::kDirection);
  EXPECT_EQ(direction.num_pairs, 142);
  EXPECT_EQ(direction.identical, 11);
  EXPECT_EQ(direction.exact_reversal, 0);
  EXPECT_EQ(direction.with_turns, 83);
  EXPECT_EQ(direction.turns_inverted, 37);
  const InverseCounts landmark = count_inverses(samples, Task::kLandmark);
  EXPECT_EQ(landmark.num_pairs, 92);
  EXPECT_EQ(landmark.identical, 35);
  EXPECT_EQ(landmark.exact_reversal, 45);
  const InverseCounts action = count_inverses(samples, Task::kAction);
  EXPECT_EQ(action.num_pairs, 79);
  EXPECT_EQ(action.exact_reversal, 0);
}

// 3 options: A; 2 options: B; otherwise one of those without a period at the end.
TEST_F(ReleasedFiles, FixedRulesFindTheAnswerWithoutTheVideo) {
  const std::vector<Sample> samples = read(630);
  double right = 0;
  for (const Sample& sample : samples) {
    if (sample.options.size() == 3 || sample.options.size() == 2) {
      right += sample.answer == (sample.options.size() == 3 ? "A" : "B") ? 1 : 0;
      continue;
    }
    const auto is_possible = [](const std::string& option) { return !option.ends_with('.'); };
    const auto possible = std::count_if(sample.options.begin(), sample.options.end(), is_possible);
    if (possible == 0) {
      right += 1.0 / static_cast<double>(sample.options.size());
    } else if (is_possible(right_option(sample))) {
      right += 1.0 / static_cast<double>(possible);
    }
  }
  EXPECT_NEAR(right / static_cast<double>(samples.size()), .434, 0.0005);
}

TEST_F(ReleasedFiles, LengthsInPiecesOfQwensPreTokenizer) {
  const model::WordSplitter splitter(std::string(model::kQwenPattern), "");
  std::vector<size_t> problems, solutions;
  size_t longest_text = 0, num_non_ascii = 0;
  for (const Sample& sample : read(630)) {
    int64_t steps = 0;
    problems.push_back(splitter.split(sample.problem, steps).size());
    solutions.push_back(splitter.split(sample.solution, steps).size());
    longest_text = std::max(longest_text, sample.problem.size());
    const std::string text = sample.problem + sample.solution;
    num_non_ascii += std::any_of(text.begin(), text.end(), [](char c) { return c < 0; }) ? 1 : 0;
  }
  const auto over = [&](size_t limit) {
    return std::count_if(solutions.begin(), solutions.end(),
                         [&](size_t length) { return length > limit; });
  };
  EXPECT_EQ(over(256), 4);
  EXPECT_EQ(over(512), 1);
  std::sort(problems.begin(), problems.end());
  std::sort(solutions.begin(), solutions.end());
  EXPECT_EQ(problems[315], 120U);
  EXPECT_EQ(problems[567], 234U);
  EXPECT_EQ(problems[623], 422U);
  EXPECT_EQ(problems.back(), 1485U);
  EXPECT_EQ(longest_text, 7586U);
  EXPECT_EQ(solutions[315], 77U);
  EXPECT_EQ(solutions[567], 117U);
  EXPECT_EQ(solutions[623], 202U);
  EXPECT_EQ(solutions.back(), 613U);
  EXPECT_EQ(num_non_ascii, 1U);
}

}  // namespace
}  // namespace retrace::data
