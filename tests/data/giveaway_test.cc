#include "data/giveaway.h"

#include <gtest/gtest.h>

#include "tests/data/released_questions.h"

namespace retrace::data {
namespace {

Sample question(std::vector<std::string> options, std::string answer, std::string opposite) {
  Sample sample;
  sample.options = std::move(options);
  sample.answer = std::move(answer);
  sample.opposite = std::move(opposite);
  sample.task = Task::kLandmark;
  sample.direction = TravelDirection::kReverse;
  return sample;
}

TEST(Giveaway, CountsNearestTiedAndEqual) {
  const GiveawayByKind kinds =
      giveaway({question({"door, lamp", "Red chair."}, "B", "red chair"),    // nearest and equal
                question({"door, lamp", "lamp, door"}, "A", "door, table"),  // nearest, tied
                question({"door, lamp", "lamp, door"}, "B", "door, table"),  // the first one is not
                question({"door door", "door"}, "A", "door, door, door"),    // counts repetitions
                question({"a", "b"}, "A", "")});                             // nothing to compare
  ASSERT_EQ(kinds.size(), 1U);
  const Giveaway& kind = kinds.at({Task::kLandmark, TravelDirection::kReverse});
  EXPECT_EQ(kind.num_questions, 4);
  EXPECT_EQ(kind.num_nearest, 3);
  EXPECT_EQ(kind.num_tied, 1);
  EXPECT_EQ(kind.num_equal, 1);
}

struct ReleasedRow {
  Task task;
  TravelDirection direction;
  int64_t num_questions;
  double nearest;
};
constexpr ReleasedRow kReleased[] = {{Task::kDirection, TravelDirection::kForward, 143, .797},
                                     {Task::kDirection, TravelDirection::kReverse, 143, .776},
                                     {Task::kLandmark, TravelDirection::kForward, 92, .967},
                                     {Task::kLandmark, TravelDirection::kReverse, 92, 1.0},
                                     {Task::kAction, TravelDirection::kForward, 80, .625},
                                     {Task::kAction, TravelDirection::kReverse, 80, .625}};

TEST(Giveaway, OfReleasedDemonstrations) {
  const auto samples = test::released_questions();
  if (!samples) GTEST_SKIP() << test::kNoReleasedQuestions;
  GiveawayByKind kinds = giveaway(*samples);
  int64_t num_equal = 0;
  for (const ReleasedRow& row : kReleased) {
    const Giveaway& kind = kinds[{row.task, row.direction}];
    EXPECT_EQ(kind.num_questions, row.num_questions);
    EXPECT_NEAR(static_cast<double>(kind.num_nearest) / static_cast<double>(kind.num_questions),
                row.nearest, 0.0005)
        << to_string(row.task) << " " << to_string(row.direction);
    num_equal += kind.num_equal;
  }
  EXPECT_EQ(num_equal, 130);
}

}  // namespace
}  // namespace retrace::data
