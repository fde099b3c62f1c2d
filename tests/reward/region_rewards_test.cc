// Spans of time, boxes, sets of frames and of points, against brute force.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/random.h"
#include "reward/assignment.h"
#include "reward/box_reward.h"
#include "reward/frame_set_reward.h"
#include "reward/interval_reward.h"
#include "reward/interval_set.h"
#include "reward/number_rows.h"
#include "reward/point_set_reward.h"
#include "tests/reward/completions.h"

namespace retrace::reward {
namespace {

using test::score_answer;

core::RandomSequence random_numbers() {
  return core::RandomSequence(core::RandomStream(1, "regions"));
}

TEST(NumberRows, ReadsListsOfBothBrackets) {
  using Rows = std::vector<NumberRow>;
  EXPECT_EQ(parse_number_rows("1, 2"), (Rows{{1, 2}}));
  EXPECT_EQ(parse_number_rows("[1, -2.5]"), (Rows{{1, -2.5}}));
  EXPECT_EQ(parse_number_rows("[[1,2],[3]]"), (Rows{{1, 2}, {3}}));
  EXPECT_EQ(parse_number_rows(" [ (1 , 2) , (3,4) ] "), (Rows{{1, 2}, {3, 4}}));
  EXPECT_EQ(parse_number_rows("(1, 2), (3, 4)"), (Rows{{1, 2}, {3, 4}}));
  EXPECT_EQ(parse_number_rows("[]"), Rows{});
}

TEST(NumberRows, RefusesEverythingElse) {
  for (const char* text :
       {"",        "[",       "]",     "[1",    "1]",      "[1)",        "[1,]",
        "[,1]",    "[1,,2]",  "[1 2]", "1 2",   "[[1],2]", "[1,[2]]",    "[[[1]]]",
        "[1] [2]", "[[1]",    "[1]]",  "a",     "[a]",     "[1] or [2]", "[nan]",
        "[inf]",   "[1e999]", "{1}",   "[1;2]", "[1], ",   "1,"}) {
    EXPECT_FALSE(parse_number_rows(text)) << text;
  }
  std::string many = "0", deep(10'000, '['), empties = "[[]";
  for (size_t i = 0; i < kMaxNumbers; ++i) {
    many += ",0";
    empties += ",[]";
  }
  EXPECT_FALSE(parse_number_rows(many));
  EXPECT_TRUE(parse_number_rows(many.substr(2)));
  EXPECT_FALSE(parse_number_rows(deep));
  EXPECT_FALSE(parse_number_rows(empties + "]"));
}

TEST(Intervals, AreReadInWordsAndLists) {
  for (const char* text : {"2 to 5.5", "2 - 5.5", "2-5.5", "from 2s to 5.5s", "[2, 5.5]", "(2,5.5)",
                           "2 seconds to 5.5 seconds.", "[[2, 5.5]]",
                           "2\xE2\x80\x93"
                           "5.5 s"}) {
    const auto intervals = parse_intervals(text);
    ASSERT_TRUE(intervals) << text;
    ASSERT_EQ(intervals->size(), 1u) << text;
    EXPECT_EQ(intervals->front().begin, 2) << text;
    EXPECT_EQ(intervals->front().end, 5.5) << text;
  }
  EXPECT_EQ(parse_intervals("1 to 2, 4 to 5 and 7 to 8")->size(), 3u);
  EXPECT_EQ(parse_intervals("[[1, 2], [4, 5]]")->size(), 2u);
  for (const char* text :
       {"", "2", "5 to 2", "-1 to 2", "2 to", "to 5", "2 to 5 to 7", "2 to 5 or so", "[2, 5, 7]",
        "[2]", "the end", "2 to inf", "nan to 5", "0 to 1e12"}) {
    EXPECT_FALSE(parse_intervals(text)) << text;
  }
  std::string many = "0 to 1";
  for (size_t i = 0; i < kMaxIntervals; ++i) many += ", 0 to 1";
  EXPECT_FALSE(parse_intervals(many));
}

// Unit cells of [0, 20) that a union of intervals with whole ends covers.
std::set<int> cells(const std::vector<Interval>& intervals) {
  std::set<int> covered;
  for (const Interval& interval : intervals) {
    for (int cell = 0; cell < 20; ++cell) {
      if (cell >= interval.begin && cell < interval.end) covered.insert(cell);
    }
  }
  return covered;
}

TEST(IntervalIou, CountsCellsOfUnions) {
  core::RandomSequence random = random_numbers();
  const auto draw = [&] {
    std::vector<Interval> intervals(1 + random.below(4));
    for (Interval& interval : intervals) {
      interval.begin = static_cast<double>(random.below(19));
      interval.end = interval.begin + 1 + static_cast<double>(random.below(5));
      interval.end = std::min(interval.end, 20.0);
    }
    return intervals;
  };
  for (int trial = 0; trial < 2000; ++trial) {
    const std::vector<Interval> a = draw(), b = draw();
    const std::set<int> left = cells(a), right = cells(b);
    std::vector<int> shared, all;
    std::set_intersection(left.begin(), left.end(), right.begin(), right.end(),
                          std::back_inserter(shared));
    std::set_union(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(all));
    const double expected = static_cast<double>(shared.size()) / static_cast<double>(all.size());
    ASSERT_NEAR(interval_iou(a, b), expected, 1e-12);
    ASSERT_EQ(interval_iou(a, b), interval_iou(b, a));
  }
}

TEST(IntervalIou, OfPointsIsWhetherTheyAreTheSame) {
  EXPECT_EQ(interval_iou({{2, 2}}, {{2, 2}}), 1);
  EXPECT_EQ(interval_iou({{2, 2}}, {{3, 3}}), 0);
  EXPECT_EQ(interval_iou({{2, 2}}, {{1, 3}}), 0);
}

TEST(IntervalReward, Measures) {
  const IntervalReward single({}), unions({.measure = IntervalMeasure::kUnion}),
      timestamp({.measure = IntervalMeasure::kTimestamp, .duration_s = 10});
  EXPECT_EQ(score_answer(single, "2 to 6", "4 to 8"), 2 / 6.0);
  EXPECT_EQ(score_answer(single, "2 to 6", "2 to 6, 0 to 30"), 0.0);
  EXPECT_EQ(score_answer(single, "2 to 6", "0 to 1000000"), 4 / 1e6);
  EXPECT_EQ(score_answer(unions, "[[0, 2], [8, 10]]", "0 to 10"), 0.4);  // the gap costs
  EXPECT_EQ(score_answer(unions, "[[0, 2], [8, 10]]", "8 to 10, 0 to 2"), 1.0);
  EXPECT_DOUBLE_EQ(*score_answer(timestamp, "2 to 6", "4 to 8"), 2 / 6.0 * 0.8 * 0.8);
  EXPECT_EQ(score_answer(timestamp, "2 to 6", "3 to 90"), 0.0);  // end error over the duration
  EXPECT_EQ(score_answer(single, "turn left", "2 to 6"), std::nullopt);
  EXPECT_EQ(score_answer(single, "[[0, 2], [8, 10]]", "0 to 2"), std::nullopt);
}

TEST(BoxIou, CountsCells) {
  core::RandomSequence random = random_numbers();
  const auto draw = [&] {
    Box box;
    box.x1 = static_cast<double>(random.below(6));
    box.y1 = static_cast<double>(random.below(6));
    box.x2 = box.x1 + 1 + static_cast<double>(random.below(4));
    box.y2 = box.y1 + 1 + static_cast<double>(random.below(4));
    return box;
  };
  const auto holds = [](const Box& box, int x, int y) {
    return x >= box.x1 && x < box.x2 && y >= box.y1 && y < box.y2;
  };
  for (int trial = 0; trial < 1000; ++trial) {
    const Box a = draw(), b = draw();
    int shared = 0, all = 0;
    for (int x = 0; x < 10; ++x) {
      for (int y = 0; y < 10; ++y) {
        shared += holds(a, x, y) && holds(b, x, y) ? 1 : 0;
        all += holds(a, x, y) || holds(b, x, y) ? 1 : 0;
      }
    }
    ASSERT_NEAR(box_iou(a, b), static_cast<double>(shared) / all, 1e-12);
  }
}

TEST(BoxReward, WantsAsManyBoxesAsThereAre) {
  const BoxReward reward;
  EXPECT_EQ(score_answer(reward, "[0, 0, 2, 2]", "[1, 0, 3, 2]"), 1 / 3.0);
  EXPECT_EQ(score_answer(reward, "[[0,0,2,2],[0,0,1,1]]", "[[0,0,2,2],[5,5,6,6]]"), 0.5);
  EXPECT_EQ(score_answer(reward, "[0,0,2,2]", "[[0,0,2,2],[0,0,9,9]]"), 0.0);
  for (const char* answer : {"", "[0,0,2]", "[2,2,0,0]", "[0,0,0,0]", "[0,0,nan,2]",
                             "[0,0,1e300,1]", "[[0,0,2,2]] or [[1,1,2,2]]", "[]"}) {
    EXPECT_EQ(score_answer(reward, "[0,0,2,2]", answer), 0.0) << answer;
  }
  EXPECT_EQ(score_answer(reward, "[0,0,2]", "[0,0,2,2]"), std::nullopt);
  EXPECT_EQ(score_answer(reward, "[0,0,1e-200,1e-200]", "[0,0,1e-200,1e-200]"), 0.0);
}

TEST(FrameSetReward, IsF1OfSets) {
  const FrameSetReward reward;
  EXPECT_EQ(score_answer(reward, "[1,2,3,4]", "[4,3,9]"), 4 / 7.0);
  EXPECT_EQ(score_answer(reward, "[]", "[]"), 1.0);
  EXPECT_EQ(score_answer(reward, "[]", "[1]"), 0.0);
  EXPECT_EQ(score_answer(reward, "[1]", "[]"), 0.0);
  for (const char* answer :
       {"[1,1]", "[-1]", "[1.5]", "1 to 9", "all", "[1e30]", "[[1],[2]]", ""}) {
    EXPECT_EQ(score_answer(reward, "[1]", answer), 0.0) << answer;
  }
  EXPECT_EQ(score_answer(reward, "[1,1]", "[1]"), std::nullopt);
}

double total_gain(const std::vector<std::vector<double>>& gain,
                  const std::vector<std::optional<size_t>>& columns) {
  std::set<size_t> used;
  double sum = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i]) continue;
    EXPECT_TRUE(used.insert(*columns[i]).second);
    sum += gain[i][*columns[i]];
  }
  return sum;
}

TEST(Assignment, IsTheBestOfAllPermutations) {
  core::RandomSequence random = random_numbers();
  for (int trial = 0; trial < 600; ++trial) {
    const size_t rows = 1 + random.below(5), columns = 1 + random.below(5);
    std::vector<std::vector<double>> gain(rows, std::vector<double>(columns));
    for (auto& row : gain) {
      for (double& value : row) value = static_cast<double>(random.below(6));
    }
    const size_t size = std::max(rows, columns);
    std::vector<size_t> order(size);
    std::iota(order.begin(), order.end(), 0);
    double best = 0;
    do {
      double sum = 0;
      for (size_t i = 0; i < rows; ++i) sum += order[i] < columns ? gain[i][order[i]] : 0;
      best = std::max(best, sum);
    } while (std::next_permutation(order.begin(), order.end()));
    ASSERT_DOUBLE_EQ(total_gain(gain, best_assignment(gain)), best);
    const double greedy = total_gain(gain, greedy_assignment(gain));
    ASSERT_LE(greedy, best);
    ASSERT_GE(2 * greedy, best);  // the greedy matching's bound
  }
  EXPECT_TRUE(best_assignment({}).empty());
  EXPECT_TRUE(greedy_assignment({}).empty());
}

TEST(PointSetReward, CostsMissingAndSparePointsAlike) {
  const PointSetReward reward({.scale = 10});
  EXPECT_EQ(score_answer(reward, "[[0,0],[10,10]]", "[[10,10],[0,0]]"), 1.0);
  EXPECT_EQ(score_answer(reward, "[[0,0],[10,10]]", "[0,0]"), 0.5);
  EXPECT_EQ(score_answer(reward, "[0,0]", "[[0,0],[10,10]]"), 0.5);
  EXPECT_EQ(score_answer(reward, "[0,0]", "[3,4]"), 0.5);
  EXPECT_EQ(score_answer(reward, "[0,0,0]", "[3,4,0]"), 0.5);
  for (const char* answer : {"", "[0]", "[0,0,0]", "[[0,0],[1]]", "[nan,0]", "[1e300,-1e300]"}) {
    EXPECT_EQ(score_answer(reward, "[0,0]", answer), 0.0) << answer;
  }
  std::string many = "[";
  for (size_t i = 0; i <= kMaxPoints; ++i) many += i == 0 ? "[0,0]" : ",[0,0]";
  EXPECT_EQ(score_answer(reward, "[0,0]", many + "]"), 0.0);
}

TEST(PointSetReward, GreedyMatchingCanLose) {
  // On a line: greedy takes the pair at distance 1 and leaves one at distance 9.
  const std::string right = "[[0,0],[4,0]]", answer = "[[3,0],[9,0]]";
  const PointSetReward best({.scale = 10});
  const PointSetReward greedy({.matching = PointMatching::kGreedy, .scale = 10});
  EXPECT_DOUBLE_EQ(*score_answer(best, right, answer), (0.7 + 0.5) / 2);
  EXPECT_DOUBLE_EQ(*score_answer(greedy, right, answer), (0.9 + 0.1) / 2);
}

}  // namespace
}  // namespace retrace::reward
