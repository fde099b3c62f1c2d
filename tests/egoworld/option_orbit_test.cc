#include "tools/egoworld/option_orbit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/egoworld/test_helpers.h"
#include "tools/egoworld/route.h"

namespace retrace::egoworld {
namespace {

using OptionSet = std::set<WordSequence>;

OptionSet as_set(const std::vector<WordSequence>& options) {
  return {options.begin(), options.end()};
}

// All ordered choices of `count` different landmarks.
std::vector<std::vector<Landmark>> all_landmark_sequences(size_t count) {
  std::vector<std::vector<Landmark>> all = {{}};
  for (size_t length = 0; length < count; ++length) {
    std::vector<std::vector<Landmark>> longer;
    for (const std::vector<Landmark>& chosen : all) {
      for (int i = 0; i < kNumLandmarks; ++i) {
        const auto landmark = static_cast<Landmark>(i);
        if (std::find(chosen.begin(), chosen.end(), landmark) != chosen.end()) continue;
        longer.push_back(chosen);
        longer.back().push_back(landmark);
      }
    }
    all = std::move(longer);
  }
  return all;
}

TEST(OptionOrbit, TurnOptionsAreFourAndTheSameWhicheverOfThemIsTrue) {
  for (int length = 2; length <= 5; ++length) {
    int num_admissible = 0;
    for (const std::vector<Turn>& truth : all_turn_sequences(length)) {
      if (!is_admissible(truth)) continue;
      ++num_admissible;
      const std::vector<WordSequence> options = turn_options(truth);
      EXPECT_EQ(options.front(), words(truth));
      EXPECT_EQ(as_set(options).size(), 4U);
      const std::vector<Turn> mirrored = mirrored_route(truth);
      for (const std::vector<Turn>& other :
           {reversed_route(truth), mirrored, reversed_route(mirrored)}) {
        EXPECT_TRUE(is_admissible(other)) << "the admissible set must be closed";
        EXPECT_EQ(as_set(turn_options(other)), as_set(options));
      }
    }
    EXPECT_EQ(num_admissible % 4, 0);
    EXPECT_GT(num_admissible, 0);
  }
}

// Counts every (truth, exchange) pair, all equally probable: for each option set that can occur,
// each of its four members is the truth equally often.
TEST(OptionOrbit, LandmarkOptionsAreEquallyProbableTruths) {
  for (size_t length = 2; length <= 3; ++length) {
    std::map<OptionSet, std::map<WordSequence, int>> truths_of_set;
    for (const std::vector<Landmark>& truth : all_landmark_sequences(length)) {
      for (const Landmark present : truth) {
        for (int i = 0; i < kNumLandmarks; ++i) {
          const auto absent = static_cast<Landmark>(i);
          if (std::find(truth.begin(), truth.end(), absent) != truth.end()) continue;
          ++truths_of_set[as_set(landmark_options(truth, {present, absent}))][words(truth)];
        }
      }
    }
    for (const auto& [options, truths] : truths_of_set) {
      ASSERT_EQ(options.size(), 4U);
      ASSERT_EQ(truths.size(), 4U);
      for (const auto& [truth, count] : truths) EXPECT_EQ(count, truths.begin()->second);
    }
  }
}

// For each option set that can occur, each of its four members is the truth equally often.
void expect_equally_probable_truths(
    const std::map<OptionSet, std::map<WordSequence, int>>& truths_of_set) {
  for (const auto& [options, truths] : truths_of_set) {
    ASSERT_EQ(options.size(), 4U);
    ASSERT_EQ(truths.size(), 4U);
    for (const auto& [truth, count] : truths) EXPECT_EQ(count, truths.begin()->second);
  }
}

TEST(OptionOrbit, FarAndCloseLandmarkOptionsAreEquallyProbableTruths) {
  std::map<OptionSet, std::map<WordSequence, int>> far, close;
  const auto pairs = all_landmark_sequences(2);
  for (const std::vector<Landmark>& truth : pairs) {
    for (const std::vector<Landmark>& absent : pairs) {
      if (std::ranges::any_of(absent, [&](Landmark landmark) {
            return std::ranges::find(truth, landmark) != truth.end();
          }))
        continue;
      const std::vector<LandmarkExchange> exchanges = {{truth[0], absent[0]},
                                                       {truth[1], absent[1]}};
      ++far[as_set(landmark_options(truth, exchanges))][words(truth)];
    }
  }
  expect_equally_probable_truths(far);
  for (const std::vector<Landmark>& truth : all_landmark_sequences(4))
    ++close[as_set(close_landmark_options(truth))][words(truth)];
  expect_equally_probable_truths(close);
}

TEST(OptionOrbit, ActionOptionsAreEquallyProbableTruths) {
  std::map<OptionSet, std::map<WordSequence, int>> by_verbs, by_object;
  for (int first = 0; first < 10; ++first) {
    for (int second = 0; second < 10; ++second) {
      if (first / 2 == second / 2) continue;
      const std::vector<Action> truth = {{static_cast<HeldObject>(first / 2), first % 2 == 1},
                                         {static_cast<HeldObject>(second / 2), second % 2 == 1}};
      EXPECT_EQ(action_options(truth, {}).front(), words(truth));
      ++by_verbs[as_set(action_options(truth, {}))][words(truth)];
      for (const Action& used : truth) {
        for (int unused = 0; unused < 5; ++unused) {
          if (unused == first / 2 || unused == second / 2) continue;
          const ObjectExchange exchange = {used.object, static_cast<HeldObject>(unused)};
          ++by_object[as_set(action_options(truth, exchange))][words(truth)];
          EXPECT_EQ(as_set(action_options(reversed_actions(truth), exchange)),
                    as_set(action_options(truth, exchange)));
        }
      }
    }
  }
  expect_equally_probable_truths(by_verbs);
  expect_equally_probable_truths(by_object);
}

TEST(OptionOrbit, ExchangesAreDrawnUniformly) {
  const std::vector<Landmark> landmarks = {Landmark::kLamp, Landmark::kCrate, Landmark::kPlant};
  core::RandomSequence random(core::RandomStream(1, "test"));
  std::map<std::pair<Landmark, Landmark>, int64_t> counts;
  for (int i = 0; i < 15000; ++i) {
    const LandmarkExchange exchange = draw_exchange(random, landmarks);
    ++counts[{exchange.present, exchange.absent}];
  }
  ASSERT_EQ(counts.size(), 15U);
  std::vector<int64_t> observed;
  for (const auto& [exchange, count] : counts) observed.push_back(count);
  EXPECT_LT(chi_square_uniform(observed), 36.1);  // 14 degrees of freedom, p = 0.001
}

TEST(OptionOrbit, TheReverseQuestionHasTheSameLandmarkOptions) {
  const std::vector<Landmark> there = {Landmark::kLamp, Landmark::kCrate, Landmark::kPlant};
  const std::vector<Landmark> back(there.rbegin(), there.rend());
  const LandmarkExchange exchange = {Landmark::kCrate, Landmark::kStatue};
  EXPECT_EQ(as_set(landmark_options(there, exchange)), as_set(landmark_options(back, exchange)));
}

}  // namespace
}  // namespace retrace::egoworld
