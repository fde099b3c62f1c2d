#include "data/benchmark_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/error.h"
#include "data/jsonl_dataset.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::TemporaryFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BenchmarkFile : public ::testing::Test {
 protected:
  std::vector<Sample> read(const std::string& name, const std::string& content,
                           bool skip_broken = false) {
    DatasetOptions options;
    options.file = folder_ / name;
    options.check_files = false;
    options.skip_broken = skip_broken;
    std::ofstream(options.file) << content;
    return read_dataset(options);
  }
  TemporaryFolder folder_;
};

TEST_F(BenchmarkFile, ChoicesAreReadWithTheirTaskAndDirection) {
  const std::string content = R"({"17": {"video": "a.mp4", "reverse_mcq": {"question": "Which?",
      "options": ["A. x, y", "B. z"], "answer": "B"}}})";
  for (const auto& [name, task] : {std::pair("Part1_reverse_mcq.json", Task::kDirection),
                                   {"Part2_reverse_mcq_landmark.json", Task::kLandmark},
                                   {"Part4_reverse_mcq_action.json", Task::kAction}}) {
    const std::vector<Sample> samples = read(name, content);
    ASSERT_EQ(samples.size(), 1U);
    EXPECT_EQ(samples[0].id, "17");
    EXPECT_EQ(samples[0].task, task);
    EXPECT_EQ(samples[0].direction, TravelDirection::kReverse);
    EXPECT_EQ(samples[0].question, "Which?");
    EXPECT_THAT(samples[0].options, ElementsAre("x, y", "z"));
    EXPECT_EQ(samples[0].answer, "B");
    EXPECT_EQ(samples[0].problem,
              "Which?\nOptions:\nA. x, y\nB. z\n\nInstructions: Choose one option.");
  }
}

TEST_F(BenchmarkFile, RoutesAreOpenQuestions) {
  const std::vector<Sample> samples = read(
      "Part1_forward_qa.json",
      R"({"1": {"video": "a.mp4", "question": "Describe the way.", "forward_answer": "Go left."}})");
  EXPECT_EQ(samples[0].task, Task::kRoute);
  EXPECT_EQ(samples[0].direction, TravelDirection::kForward);
  EXPECT_TRUE(samples[0].options.empty());
  EXPECT_EQ(samples[0].answer, "Go left.");
}

TEST_F(BenchmarkFile, TheVideosNameAndThePartTellTheSource) {
  const auto source = [&](const std::string& part, const std::string& video) {
    return read(part + "_forward_qa.json",
                R"({"1": {"video": ")" + video + R"(", "question": "Q", "forward_answer": "A"}})")
        .front()
        .source;
  };
  EXPECT_EQ(source("Part1", "17.mp4"), "outdoor");
  EXPECT_EQ(source("Part3", "sun3d_4.mp4"), "sun3d");
  EXPECT_EQ(source("Part4", "folder/000004.mp4"), "indoor");
  EXPECT_EQ(source("Part4", "holiday.mp4"), "");
}

TEST_F(BenchmarkFile, AnAnswerMayBeTheOptionsText) {
  for (const char* answer : {"B", "B.", "B. z", "z"}) {
    const std::vector<Sample> samples =
        read("Part1_forward_mcq.json",
             R"({"1": {"video": "a.mp4", "forward_mcq": {"question": "Q",
                "options": ["A. x", "B. z"], "answer": ")" +
                 std::string(answer) + R"("}}})");
    EXPECT_EQ(samples[0].answer, "B") << answer;
  }
}

TEST_F(BenchmarkFile, BrokenRecordsStopOrAreLeftOut) {
  const std::string good = R"({"video": "a.mp4", "forward_mcq": {"question": "Q",
      "options": ["A. x", "B. z"], "answer": "A"}})";
  const std::pair<const char*, const char*> broken[] = {
      {R"({"video": "a.mp4", "forward_mcq": {"question": "Q", "options": [], "answer": "A"}})",
       "record '2': field 'options': expected a list of at least one option"},
      {R"({"video": "a.mp4", "forward_mcq": {"question": "Q", "options": ["A. x"]}})",
       "record '2': field 'answer': missing"},
      {R"({"video": "a.mp4", "forward_mcq": {"question": "Q", "options": ["A. x"], "answer": "D"}})",
       "record '2': field 'answer': expected the letter or the text"},
      {R"({"video": "a.mp4"})", "record '2': expected one of forward_mcq"},
      {R"(3)", "record '2': expected an object"}};
  for (const auto& [record, message] : broken) {
    const std::string content = R"({"1": )" + good + R"(, "2": )" + record + "}";
    EXPECT_THAT(error_text<core::DataError>([&] { read("Part1_forward_mcq.json", content); }),
                HasSubstr(message));
    EXPECT_EQ(read("Part1_forward_mcq.json", content, /*skip_broken=*/true).size(), 1U);
  }
  EXPECT_THAT(error_text<core::DataError>([&] { read("a.json", "[]"); }),
              HasSubstr("expected one JSON object that maps ids"));
  EXPECT_THAT(
      error_text<core::DataError>([&] { read("a.json", R"({"1": 3, "2": 3, "1": 4})", true); }),
      HasSubstr("a.json: two records have the id '1'"));
  EXPECT_THAT(error_text<core::DataError>([&] { read("a.json", R"({"2": 3})", true); }),
              HasSubstr("has no usable records"));
}

TEST_F(BenchmarkFile, BothDirectionsGiveTheOppositeAnnotation) {
  const std::vector<Sample> samples =
      read("all.json", R"({"f": {"video": "a.mp4", "forward_mcq": {"question": "Q",
      "options": ["A. x", "B. z"], "answer": "A"}}, "r": {"video": "a.mp4", "reverse_mcq": {
      "question": "Q", "options": ["A. u", "B. w"], "answer": "B"}}})");
  EXPECT_EQ(samples[0].opposite, "w");
  EXPECT_EQ(samples[1].opposite, "x");
}

}  // namespace
}  // namespace retrace::data
