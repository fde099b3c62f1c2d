// Group rewards, completions about frame-shuffled clips, and samples that a rubric cannot judge.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reward/rubric.h"
#include "tests/reward/rubric_text.h"

namespace retrace::reward {
namespace {

using test::read;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Rubric, FillsInGroupRewards) {
  const auto specs = read(R"(
rewards:
  - {name: letter}
  - {name: length_bonus, weight: 0.2, min_tokens: 10, max_tokens: 20}
)");
  data::Sample sample;
  sample.answer = "B";
  const std::string right = "<answer>B</answer>", wrong = "<answer>C</answer>";
  const auto scores = Rubric(specs).score_group(
      {{right, false, sample, 10}, {right, false, sample, 21}, {wrong, false, sample, 15}});
  EXPECT_EQ(scores[0].total, 1.2);
  EXPECT_EQ(scores[1].total, 1.0);
  EXPECT_EQ(scores[2].total, 0.0);
  EXPECT_EQ(scores[1].parts[1].raw, 0.0);
}

TEST(Rubric, AsksForShuffledClipsOnlyWhereARewardNeedsThem) {
  EXPECT_EQ(Rubric(read("rewards: [{name: letter}, {name: length_bonus}]")).num_shuffled(8), 0);
  const auto specs = read("rewards: [{name: letter}, {name: temporal_contrast}]");
  EXPECT_EQ(Rubric(specs).num_shuffled(8), 4);
  EXPECT_EQ(Rubric(specs).num_shuffled(1), 1);
  data::Sample route, action;
  route.task = data::Task::kRoute;
  action.task = data::Task::kAction;
  EXPECT_FALSE(Rubric(read("rewards: [{name: letter}]")).needs_shuffled(action));
  EXPECT_TRUE(Rubric(specs).needs_shuffled(route));
  for (const char* list : {"[{name: letter, tasks: [action]}, {name: temporal_contrast}]",
                           "[{name: letter}, {name: temporal_contrast, tasks: [action]}]"}) {
    const Rubric rubric(read(fmt::format("rewards: {}", list)));
    EXPECT_FALSE(rubric.needs_shuffled(route)) << list;
    EXPECT_TRUE(rubric.needs_shuffled(action)) << list;
  }
}

// Fails the test when asked, as a paid judge would be paid.
class NeverAsked : public RewardFn {
 public:
  std::string_view name() const override { return "paid"; }
  std::optional<double> score(const RewardInput&) const override {
    ADD_FAILURE() << "was asked";
    return 1.0;
  }
};

std::vector<RewardSpec> with_paid(std::vector<RewardSpec> specs) {
  RewardSpec paid{"paid"};
  paid.make = [](const RewardResources&) { return std::unique_ptr<RewardFn>(new NeverAsked()); };
  specs.insert(specs.begin(), paid);
  return specs;
}

TEST(Rubric, ShowsShuffledCompletionsOnlyToWhatComparesWithThem) {
  data::Sample sample;
  sample.answer = "B";
  const RewardInput input = {"<answer>B</answer>", false, sample, 10};
  const Score score =
      Rubric(with_paid(read("rewards: [{name: letter}, {name: temporal_contrast}]")))
          .score_shuffled(input);
  ASSERT_EQ(score.parts.size(), 3u);
  EXPECT_EQ(score.parts[0].raw, std::nullopt);
  EXPECT_EQ(score.parts[1].name, "letter");
  EXPECT_EQ(score.parts[1].raw, 1.0);
  EXPECT_EQ(score.total, std::nullopt);
  for (const char* list : {"[{name: letter}, {name: length_bonus}]",
                           "[{name: letter}, {name: temporal_contrast, tasks: [route]}]",
                           "[{name: letter, tasks: [route]}, {name: temporal_contrast}]"}) {
    const Rubric rubric(with_paid(read(fmt::format("rewards: {}", list))));
    EXPECT_EQ(rubric.score_shuffled(input).parts[1].raw, std::nullopt) << list;
  }
}

TEST(Rubric, GivesGroupRewardsOnlyToSamplesOfTheirAccuracy) {
  const Rubric rubric(read(R"(
rewards:
  - {name: format}
  - {name: length_bonus, min_tokens: 10, max_tokens: 20}
  - {name: letter, tasks: [direction, landmark]}
  - {name: temporal_contrast, tasks: [landmark, route]}
)"));
  const std::string text = "<think>x</think><answer>B</answer>";
  const auto applying = [&](data::Task task) {
    data::Sample sample;
    sample.task = task;
    sample.answer = "B";
    std::string names;
    const auto scores = rubric.score_group({{text, false, sample, 10}, {text, false, sample, 10}});
    EXPECT_TRUE(scores[0].total) << data::to_string(task);
    for (const RewardPart& part : scores[0].parts) names += part.applies ? part.name + " " : "";
    return names;
  };
  EXPECT_EQ(applying(data::Task::kRoute), "format ");
  EXPECT_EQ(applying(data::Task::kDirection), "format length_bonus letter ");
  EXPECT_EQ(applying(data::Task::kLandmark), "format length_bonus letter temporal_contrast ");
}

TEST(Rubric, AGroupRewardFitsWhatItsAccuracyFits) {
  data::Sample open, closed;
  open.index = 7;
  open.task = data::Task::kRoute;
  open.answer = "turn left";
  closed.answer = "C";
  const Rubric rubric(read("rewards: [{name: letter}, {name: length_bonus}]"));
  EXPECT_THAT(rubric.unfit({open}),
              ElementsAre(HasSubstr("letter: its answer must be one capital letter"),
                          HasSubstr("length_bonus: its answer must be one capital letter, is 'turn "
                                    "left' (sample 7)")));
  EXPECT_THAT(rubric.unfit({open, closed}), ElementsAre());
  const Rubric other(
      read("rewards: [{name: letter, tasks: [direction]}, {name: length_bonus}, {name: format}]"));
  EXPECT_THAT(other.unfit({open, closed}), ElementsAre("letter: no sample is of its tasks",
                                                       "length_bonus: no sample is of its tasks"));
}

TEST(Rubric, SaysWhichRewardsFitNoSample) {
  const Rubric rubric(read("rewards: [{name: letter}, {name: format}]"));
  data::Sample open, closed;
  open.index = 7;
  open.answer = "turn left";
  closed.answer = "C";
  EXPECT_THAT(
      rubric.unfit({open}),
      ElementsAre("letter: its answer must be one capital letter, is 'turn left' (sample 7)"));
  EXPECT_THAT(rubric.unfit({open, closed}), ElementsAre());
  EXPECT_THAT(rubric.unfit({}), ElementsAre());
}

}  // namespace
}  // namespace retrace::reward
