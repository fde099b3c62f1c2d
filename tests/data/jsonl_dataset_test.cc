#include "data/jsonl_dataset.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <numeric>

#include "core/error.h"
#include "tests/data/error_text.h"
#include "tests/data/video_fixtures.h"

namespace retrace::data {
namespace {

using test::error_text;
using test::TemporaryFolder;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kRecord =
    R"({{"problem": "Which way?", "solution": "<think>t</think> <answer>B</answer>", "video": {}, )"
    R"("original_question": "Which way?", "original_answer": {}{}}})";

std::string record(const std::string& video = R"("walk.mp4")", const std::string& answer = R"("B")",
                   const std::string& more = "") {
  return fmt::format(fmt::runtime(kRecord), video, answer, more) + "\n";
}

class QuestionFile : public ::testing::Test {
 protected:
  QuestionFile() {
    touch(folder_ / "walk.mp4");
    options_.file = folder_ / "questions.jsonl";
  }

  void touch(const std::filesystem::path& file) const { std::ofstream(file) << "x"; }
  std::vector<Sample> read(const std::string& content) {
    std::ofstream(options_.file, std::ios::binary) << content;
    return read_dataset(options_);
  }
  std::string read_error(const std::string& content) {
    return error_text<core::DataError>([&] { read(content); });
  }

  TemporaryFolder folder_;
  DatasetOptions options_;
};

TEST_F(QuestionFile, FieldsGoWhereTheyBelong) {
  const std::vector<Sample> samples =
      read(record() +
           record(R"("walk.mp4")", R"("C")", R"(, "task": "landmark", "direction": "reverse")"));
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[0].index, 0);
  EXPECT_EQ(samples[0].problem, "Which way?");
  EXPECT_EQ(samples[0].solution, "<think>t</think> <answer>B</answer>");
  EXPECT_EQ(samples[0].answer, "B");
  EXPECT_EQ(samples[0].videos.at(0), folder_ / "walk.mp4");
  EXPECT_EQ(samples[0].task, Task::kUnknown);
  EXPECT_EQ(samples[0].direction, TravelDirection::kUnknown);
  EXPECT_EQ(samples[1].index, 1);
  EXPECT_EQ(samples[1].answer, "C");
  EXPECT_EQ(samples[1].task, Task::kLandmark);
  EXPECT_EQ(samples[1].direction, TravelDirection::kReverse);
}

TEST_F(QuestionFile, BlankLinesAndWindowsLineEndsDoNotShiftIndices) {
  std::string windows = record();
  windows.back() = '\r';
  windows += '\n';
  const std::vector<Sample> samples = read(windows + "\n  \r\n" + record() + "\n");
  ASSERT_EQ(samples.size(), 2U);
  EXPECT_EQ(samples[1].index, 3);
}

TEST_F(QuestionFile, LastLineNeedsNoLineEnd) {
  std::string content = record() + record();
  content.pop_back();
  EXPECT_EQ(read(content).size(), 2U);
}

TEST_F(QuestionFile, FirstSamplesAreKeptAndTheRestIsNotLookedAt) {
  options_.max_samples = 1;
  EXPECT_EQ(read(record() + "not JSON\n").size(), 1U);
  options_.max_samples = 0;
  EXPECT_THAT(read_error(record() + "not JSON\n"), HasSubstr("questions.jsonl:2: "));
  options_.max_samples = -1;
  EXPECT_THAT(error_text<core::ConfigError>([&] { read(record()); }),
              HasSubstr("max_samples: must be at least 0"));
}

TEST_F(QuestionFile, VideoRootReplacesTheFolderOfAbsolutePaths) {
  options_.video_root = folder_ / "videos";
  std::filesystem::create_directories(options_.video_root / "part");
  touch(options_.video_root / "walk.mp4");
  touch(options_.video_root / "part" / "run.mp4");
  const std::vector<Sample> samples =
      read(record(R"("/elsewhere/deep/walk.mp4")") + record(R"("part/run.mp4")"));
  EXPECT_EQ(samples[0].videos.at(0), options_.video_root / "walk.mp4");
  EXPECT_EQ(samples[1].videos.at(0), options_.video_root / "part" / "run.mp4");
}

TEST_F(QuestionFile, AbsolutePathStandsWithoutVideoRoot) {
  const std::string path = (folder_ / "walk.mp4").string();
  EXPECT_EQ(read(record("\"" + path + "\""))[0].videos.at(0), path);
}

TEST_F(QuestionFile, MissingFileIsNamed) {
  options_.file = folder_ / "none.jsonl";
  EXPECT_THAT(error_text<core::DataError>([&] { read_dataset(options_); }),
              HasSubstr("none.jsonl"));
}

TEST_F(QuestionFile, FileWithoutRecordsIsAnError) {
  EXPECT_THAT(read_error(""), HasSubstr("questions.jsonl: has no records"));
  EXPECT_THAT(read_error("\n \n"), HasSubstr("has no records"));
}

TEST_F(QuestionFile, BadJsonIsNamedWithItsLine) {
  EXPECT_THAT(read_error(record() + R"({"problem": "cut)"),
              AllOf(HasSubstr("questions.jsonl:2: "), HasSubstr("bad JSON")));
  EXPECT_THAT(read_error("{\"problem\": \"\xff\"}\n"), HasSubstr("questions.jsonl:1: "));
  EXPECT_THAT(read_error("[1, 2]\n"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(read_error(std::string(100000, '[')), HasSubstr("bad JSON"));
}

TEST_F(QuestionFile, EveryFieldIsRequired) {
  for (const std::string field :
       {"problem", "solution", "video", "original_question", "original_answer"}) {
    std::string content = record();
    const size_t at = content.find('"' + field + '"');
    content[at + 1] = 'X';
    EXPECT_THAT(read_error(record() + content),
                HasSubstr("questions.jsonl:2: field '" + field + "': missing"));
  }
}

TEST_F(QuestionFile, WrongTypeIsNamed) {
  EXPECT_THAT(read_error(record("7")),
              HasSubstr(":1: field 'video': expected a string, found a number; "));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", "null")),
              HasSubstr("'original_answer': expected a string, found null"));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"(["B"])")), HasSubstr("found an array"));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "task": true)")),
              HasSubstr("found a boolean"));
}

TEST_F(QuestionFile, ALetterBeyondTheOptionsIsAnError) {
  const std::string two = R"({"problem": "Which way?\nOptions:\nA. left\nB. right", "solution": "",
      "video": "walk.mp4", "original_question": "Which way?", "original_answer": ")";
  const auto answered = [&](const std::string& answer) {
    std::string line = two + answer + "\"}\n";
    std::replace(line.begin(), line.end() - 1, '\n', ' ');
    return line;
  };
  EXPECT_EQ(read(answered("B")).at(0).answer, "B");
  EXPECT_EQ(read(answered("left")).at(0).answer, "left") << "open answers stay as they are";
  EXPECT_THAT(
      read_error(answered("C")),
      HasSubstr(":1: field 'original_answer': expected the letter of one of the 2 options"));
}

TEST_F(QuestionFile, AFieldThatStandsTwiceIsAnError) {
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "video": "other.mp4")")),
              HasSubstr(":1: field 'video': stands twice"));
}

TEST_F(QuestionFile, EmptyAnswerIsAnError) {
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"(" ")")),
              HasSubstr("field 'original_answer': expected the answer"));
}

TEST_F(QuestionFile, UnknownTaskOrDirectionListsTheKnownOnes) {
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "task": "landmarks")")),
              HasSubstr("field 'task': expected route, direction, landmark, action or unknown, "
                        "found 'landmarks'"));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "direction": "back")")),
              HasSubstr("field 'direction': expected forward, reverse or unknown, found 'back'"));
}

TEST_F(QuestionFile, MissingVideoIsNamed) {
  EXPECT_THAT(read_error(record() + record(R"("none.mp4")")),
              AllOf(HasSubstr("questions.jsonl:2: field 'video': no such video file"),
                    HasSubstr("none.mp4")));
  EXPECT_THAT(read_error(record(R"("walk.mp4\u0000.mp4")")), HasSubstr("control character"));
}

TEST_F(QuestionFile, ListsOfVideosAndImagesAreRead) {
  touch(folder_ / "a.png");
  touch(folder_ / "b.jpg");
  const std::vector<Sample> samples =
      read(record(R"(["walk.mp4", "walk.mp4"])", R"("B")", R"(, "image": "a.png")") +
           R"({"problem": "<image> and <image>?", "solution": "", "images": ["b.jpg", "a.png"],)"
           R"( "original_question": "", "original_answer": "A"})"
           "\n");
  EXPECT_EQ(samples[0].videos.size(), 2U);
  EXPECT_THAT(samples[0].images, ElementsAre(folder_ / "a.png"));
  EXPECT_TRUE(samples[1].videos.empty());
  EXPECT_THAT(samples[1].images, ElementsAre(folder_ / "b.jpg", folder_ / "a.png"));
}

TEST_F(QuestionFile, BadListsAreNamed) {
  EXPECT_THAT(read_error(record(R"(["walk.mp4", 3])")),
              HasSubstr("field 'video': expected a string, found a number"));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "videos": ["walk.mp4"])")),
              HasSubstr("fields 'video' and 'videos': expected one of them"));
  EXPECT_THAT(read_error(record(R"("walk.mp4")", R"("B")", R"(, "images": ["none.png"])")),
              HasSubstr("field 'images': no such image file"));
  EXPECT_THAT(read_error(record("[]")), HasSubstr("no video and no image"));
}

TEST_F(QuestionFile, PlaceholdersMustFitTheLists) {
  std::string two = record();
  two.replace(two.find("Which way?"), 10, "<video> or <video>?");
  EXPECT_THAT(read_error(two), HasSubstr("expected <video> once for each file of the record"));
  std::string image = record();
  image.replace(image.find("Which way?"), 10, "<image> or?");
  EXPECT_THAT(read_error(image), HasSubstr("found 1 of them and 0 files"));
}

TEST_F(QuestionFile, EmptyVideoNeedsPermission) {
  EXPECT_THAT(read_error(record(R"("")")), HasSubstr("field 'video': expected the name of a file"));
  options_.allow_text_only = true;
  EXPECT_TRUE(read(record(R"("")"))[0].videos.empty());
}

TEST(EpochOrder, IsAPermutation) {
  std::vector<int64_t> order = epoch_order(100, 7, 3);
  std::vector<int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_NE(order, expected);
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, expected);
}

TEST(EpochOrder, DependsOnSeedAndEpochOnly) {
  EXPECT_EQ(epoch_order(50, 7, 3), epoch_order(50, 7, 3));
  EXPECT_NE(epoch_order(50, 7, 3), epoch_order(50, 7, 4));
  EXPECT_NE(epoch_order(50, 7, 3), epoch_order(50, 8, 3));
}

TEST(EpochOrder, EveryPlaceIsEquallyLikely) {
  // 6,000 shuffles of 3: each of the 6 orders about 1,000 times; 5 standard deviations are 144.
  std::map<std::vector<int64_t>, int> counts;
  for (int64_t epoch = 0; epoch < 6000; ++epoch) ++counts[epoch_order(3, 1, epoch)];
  ASSERT_EQ(counts.size(), 6U);
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 144);
}

TEST(EpochOrder, NoSamplesAndOneSample) {
  EXPECT_TRUE(epoch_order(0, 1, 0).empty());
  EXPECT_THAT(epoch_order(1, 1, 0), ElementsAre(0));
}

TEST(Sample, NamesAreReadBack) {
  for (const Task task :
       {Task::kUnknown, Task::kRoute, Task::kDirection, Task::kLandmark, Task::kAction}) {
    EXPECT_EQ(parse_task(to_string(task)), task);
  }
  for (const TravelDirection direction :
       {TravelDirection::kUnknown, TravelDirection::kForward, TravelDirection::kReverse}) {
    EXPECT_EQ(parse_travel_direction(to_string(direction)), direction);
  }
  EXPECT_EQ(parse_task("Route"), std::nullopt);
  EXPECT_EQ(parse_travel_direction(""), std::nullopt);
}

}  // namespace
}  // namespace retrace::data
