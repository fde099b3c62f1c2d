#include "data/egost_repair.h"

#include <gtest/gtest.h>

namespace retrace::data {
namespace {

constexpr const char* kOptions =
    "\nOptions: A. pick up a cup, B. sit down\n\nInstructions: Choose.";

Sample make_sample(Task task, const std::string& question) {
  Sample sample;
  sample.task = task;
  sample.direction = TravelDirection::kForward;
  sample.question = question;
  sample.problem = question + kOptions;
  sample.options = {"pick up a cup", "sit down"};
  return sample;
}

TEST(RepairQuestion, AsksForActionsWhereOptionsAreActions) {
  const std::string landmarks =
      "Look. Based on this video, which landmarks (objects or scenery changes) did you pass by to "
      "reach your destination?";
  Sample action = make_sample(Task::kAction, landmarks);
  EXPECT_TRUE(repair_question(action));
  EXPECT_EQ(action.question,
            "Look. Based on this video, which actions did you perform to reach your destination?");
  EXPECT_EQ(action.problem, action.question + kOptions);
  Sample landmark = make_sample(Task::kLandmark, landmarks);
  EXPECT_FALSE(repair_question(landmark));
  EXPECT_EQ(landmark.question, landmarks);
}

TEST(RepairQuestion, DropsASentenceThatStandsThereTwiceAndSpacesTheRest) {
  for (const char* twice : {"Look well.Look well.Which way?", "Look well. Look well. Which way?"}) {
    Sample sample = make_sample(Task::kDirection, twice);
    EXPECT_TRUE(repair_question(sample));
    EXPECT_EQ(sample.question, "Look well. Which way?");
    EXPECT_EQ(sample.problem, sample.question + kOptions);
    EXPECT_FALSE(repair_question(sample)) << "once is enough";
  }
}

TEST(RepairQuestion, LeavesNumbersAbbreviationsAndUnknownQuestions) {
  for (const char* right : {"Walk 2.5 m. Then?", "Is it at 10 A.M. or later?", "no end", ""}) {
    Sample sample = make_sample(Task::kDirection, right);
    EXPECT_FALSE(repair_question(sample)) << right;
    EXPECT_EQ(sample.question, right);
  }
}

}  // namespace
}  // namespace retrace::data
