// Gates, tiers and tasks of a rubric, from C++ and from recipes.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "core/random.h"
#include "reward/rubric.h"
#include "tests/reward/rubric_text.h"

namespace retrace::reward {
namespace {

using test::read;
using testing::ElementsAre;
using testing::HasSubstr;
using Value = std::optional<double>;

// Scores what the test says, whatever the completion.
class FixedReward : public RewardFn {
 public:
  FixedReward(std::string name, Value value) : name_(std::move(name)), value_(value) {}
  std::string_view name() const override { return name_; }
  Value score(const RewardInput&) const override { return value_; }

 private:
  std::string name_;
  Value value_;
};

RewardSpec fixed(const std::string& name, Value value, double weight, const std::string& gate = "",
                 double threshold = 1.0) {
  RewardSpec spec{name, weight, gate, threshold};
  spec.make = [name, value](const RewardResources&) {
    return std::unique_ptr<RewardFn>(new FixedReward(name, value));
  };
  return spec;
}

Value total(const std::vector<RewardSpec>& specs, data::Task task = data::Task::kUnknown) {
  data::Sample sample;
  sample.task = task;
  return Rubric(specs).score({"", false, sample}).total;
}

TEST(Gate, LetsCountOnlyFromItsThresholdOn) {
  for (const double value : {0.0, 0.49, 0.5, 1.0}) {
    const std::vector<RewardSpec> specs = {fixed("a", value, 2, "", 0.5), fixed("b", 1.0, 8, "a")};
    EXPECT_EQ(total(specs), 2 * value + (value >= 0.5 ? 8 : 0)) << value;
  }
}

TEST(Gate, IsAsOpenAsTheGateBeforeIt) {
  EXPECT_EQ(total({fixed("a", 0.0, 1), fixed("b", 1.0, 2, "a"), fixed("c", 1.0, 4, "b")}), 0);
  EXPECT_EQ(total({fixed("a", 1.0, 1), fixed("b", 0.0, 2, "a"), fixed("c", 1.0, 4, "b")}), 1);
  EXPECT_EQ(total({fixed("a", 1.0, 1), fixed("b", 1.0, 2, "a"), fixed("c", 1.0, 4, "b")}), 7);
}

TEST(Gate, OfWeightZeroOnlyGates) {
  EXPECT_EQ(total({fixed("a", 1.0, 0), fixed("b", 1.0, 2, "a")}), 2);
  EXPECT_EQ(total({fixed("a", 0.0, 0), fixed("b", 1.0, 2, "a")}), 0);
}

TEST(Gate, ThatIsUnknownMakesWhatItGatesUnknown) {
  EXPECT_EQ(total({fixed("a", {}, 0), fixed("b", 1.0, 2, "a")}), std::nullopt);
  EXPECT_EQ(total({fixed("a", {}, 0), fixed("b", 1.0, 0, "a"), fixed("c", 1.0, 4)}), 4);
}

TEST(Gate, ThatIsClosedHidesWhatIsUnknown) {
  EXPECT_EQ(total({fixed("a", 0.0, 1), fixed("b", {}, 2, "a")}), 0);
  EXPECT_EQ(total({fixed("a", 1.0, 1), fixed("b", {}, 2, "a")}), std::nullopt);
}

TEST(Tasks, SayWhichSamplesARewardIsFor) {
  RewardSpec letter = fixed("a", 1.0, 1), route = fixed("b", {}, 2);
  route.tasks = {data::Task::kRoute};
  EXPECT_EQ(total({letter, route}, data::Task::kDirection), 1);
  EXPECT_EQ(total({letter, route}, data::Task::kRoute), std::nullopt);
  data::Sample sample;
  const Score score = Rubric({letter, route}).score({"", false, sample});
  EXPECT_TRUE(score.parts[0].applies);
  EXPECT_FALSE(score.parts[1].applies);
}

TEST(Tasks, OpenTheGateOfOtherSamples) {
  RewardSpec gate = fixed("a", 0.0, 1);
  gate.tasks = {data::Task::kRoute};
  EXPECT_EQ(total({gate, fixed("b", 1.0, 2, "a")}, data::Task::kAction), 2);
  EXPECT_EQ(total({gate, fixed("b", 1.0, 2, "a")}, data::Task::kRoute), 0);
}

// The definition once more, by recursion.
Value brute_force(const std::vector<RewardSpec>& specs, const std::vector<Value>& raw) {
  const std::function<std::optional<bool>(size_t)> is_open = [&](size_t i) -> std::optional<bool> {
    if (specs[i].gate.empty()) return true;
    size_t gate = 0;
    while (specs[gate].name != specs[i].gate) ++gate;
    const std::optional<bool> open = is_open(gate);
    if (open == false) return false;
    if (!open || !raw[gate]) return std::nullopt;
    return *raw[gate] >= specs[gate].threshold;
  };
  double sum = 0;
  for (size_t i = 0; i < specs.size(); ++i) {
    const std::optional<bool> open = is_open(i);
    if (specs[i].weight == 0 || open == false) continue;
    if (!open || !raw[i]) return std::nullopt;
    sum += specs[i].weight * *raw[i];
  }
  return sum;
}

TEST(Composition, AgreesWithItsDefinitionOnRandomRubrics) {
  core::RandomSequence random(core::RandomStream(1, "rubrics"));
  int num_known = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    std::vector<RewardSpec> specs;
    std::vector<Value> raw;
    const size_t count = 1 + random.below(5);
    for (size_t i = 0; i < count; ++i) {
      raw.push_back(random.chance(0.15) ? Value()
                                        : Value(static_cast<double>(random.below(3)) / 2));
      const std::string gate =
          i > 0 && random.chance(0.5) ? fmt::format("r{}", random.below(i)) : "";
      specs.push_back(fixed(fmt::format("r{}", i), raw.back(),
                            static_cast<double>(random.below(4)) - 1, gate,
                            static_cast<double>(random.below(3)) / 2));
    }
    const Value expected = brute_force(specs, raw);
    num_known += expected ? 1 : 0;
    ASSERT_EQ(total(specs), expected) << "trial " << trial;
  }
  EXPECT_GT(num_known, 1000);
  EXPECT_LT(num_known, 2900);
}

// ------------------------------------------------------------------------------------------------
// Recipes
// ------------------------------------------------------------------------------------------------

std::string error_of(std::string_view yaml) {
  try {
    const Rubric rubric(read(yaml));
  } catch (const core::ConfigError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ReadRubric, ReadsOptionsGatesAndTasks) {
  const auto specs = read(R"(
rewards:
  - {name: format, weight: 0.5, threshold: 0.75}
  - {name: number, gate: format, measure: log_ratio, max_ratio: 4, tasks: [route, unknown]}
)");
  ASSERT_EQ(specs.size(), 2u);
  EXPECT_EQ(specs[0].threshold, 0.75);
  EXPECT_EQ(specs[1].gate, "format");
  EXPECT_THAT(specs[1].tasks, ElementsAre(data::Task::kRoute, data::Task::kUnknown));
  data::Sample sample;
  sample.answer = "10 m";
  const Score score = Rubric(specs).score({"<think>x</think><answer>20 m</answer>", false, sample});
  EXPECT_DOUBLE_EQ(*score.parts[1].raw, 0.5);  // half of max_ratio = 4, on the scale of logarithms
  EXPECT_DOUBLE_EQ(*score.total, 1.0);
}

TEST(ReadRubric, MakesTiersAChainOfGates) {
  const auto specs = read(R"(
composition: tiers
rewards: [{name: format}, {name: letter}, {name: consistency, weight: 0.5}]
)");
  EXPECT_EQ(specs[0].gate, "");
  EXPECT_EQ(specs[1].gate, "format");
  EXPECT_EQ(specs[2].gate, "letter");
}

TEST(ReadRubric, RefusesUnknownKeysWithTheNearestOne) {
  EXPECT_THAT(error_of("rewards: [{name: number, tolerence: 0.1}]"),
              HasSubstr("rewards[0].tolerence: unknown key; did you mean 'tolerance'?"));
  EXPECT_THAT(error_of("rewards: [{name: letter, tolerance: 0.1}]"), HasSubstr("unknown key"));
  EXPECT_THAT(error_of("rewards: [{name: letter, gates: format}]"),
              HasSubstr("did you mean 'gate'?"));
}

TEST(ReadRubric, RefusesWhatCannotBe) {
  EXPECT_THAT(error_of("rewards: [{name: letter, gate: format}, {name: format}]"),
              HasSubstr("rewards[0].gate: must be a reward listed before it, is format"));
  EXPECT_THAT(error_of("rewards: [{name: letter, gate: letter}]"), HasSubstr("listed before it"));
  EXPECT_THAT(error_of("rewards: [{name: letter, tasks: [routes]}]"),
              HasSubstr("must be of route, direction"));
  EXPECT_THAT(error_of("rewards: [{name: number, tolerance: -1}]"), HasSubstr("must be 0 or more"));
  EXPECT_THAT(error_of("rewards: [{name: letter, threshold: .inf}]"), HasSubstr("finite number"));
  EXPECT_THAT(error_of("{composition: sums, rewards: [{name: letter}]}"), HasSubstr("sum, tiers"));
  EXPECT_THAT(
      error_of("{composition: tiers, rewards: [{name: format}, {name: letter, gate: format}]}"),
      HasSubstr("tiers gate every reward by the one before"));
  EXPECT_THAT(error_of("rewards: [{name: length_bonus}]"),
              HasSubstr("accuracy must be a listed reward of single completions, is 'letter'"));
}

}  // namespace
}  // namespace retrace::reward
